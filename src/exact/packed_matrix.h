// SPDX-License-Identifier: Apache-2.0
// A matrix of an imported model in the order that the integer loops read (imported_loops.h).
#pragma once

#include <vector>

#include "exact/imported_loops.h"

namespace llmz::exact {

// weight [rows][columns] to `out`, which has room for the padded rows and columns, and is all 0.
template <class Weight>
void pack(const Weight* weight, size_t rows, size_t columns, size_t block, Weight* out) {
  const size_t wide = padded(columns, kWideRun);
  for (size_t row = 0; row < rows; ++row) {
    Weight* to = out + packed_row(row, wide, block);
    for (size_t i = 0; i < columns; ++i)
      to[i / kWideRun * block * kWideRun + i % kWideRun] = weight[row * columns + i];
  }
}

struct PackedMatrix {
  PackedMatrix() = default;
  PackedMatrix(const ImportedMatrix& matrix, int64_t limit, const ImportedLoops& loops);
  size_t rows() const { return multiplier.size(); }  // a multiple of kWideRows
  WideView view() const {
    return {weight.data(), multiplier.data(), bias.empty() ? nullptr : bias.data(), shift, limit,
            columns};
  }

  std::vector<int8_t> weight;
  std::vector<int64_t> multiplier, bias;
  int shift = 0;
  int64_t limit = 0;
  size_t columns = 0;  // padded
};

}  // namespace llmz::exact
