// SPDX-License-Identifier: Apache-2.0
#include "exact/packed_matrix.h"

#include <numeric>

namespace llmz::exact {

void pack_quads(const int8_t* weight, size_t rows, size_t columns, int8_t* out) {
  const size_t wide = padded(columns, kWideRun);
  for (size_t row = 0; row < rows; ++row) {
    int8_t* to = out + row / kWideRows * kWideRows * wide + row % kWideRows * kQuad;
    for (size_t i = 0; i < columns; ++i)
      to[i / kQuad * kWideRows * kQuad + i % kQuad] = weight[row * columns + i];
  }
}

PackedMatrix::PackedMatrix(const ImportedMatrix& matrix, int64_t most, const ImportedLoops& loops)
    : shift(static_cast<int>(matrix.matrix.shift)), limit(most) {
  const IntegerMatrix& m = matrix.matrix;
  const size_t all = padded(m.rows, kWideRows);
  columns = padded(m.columns, kWideRun);
  weight.resize(all * columns);
  if (loops.quads) {
    pack_quads(m.weight.data(), m.rows, m.columns, weight.data());
    row_sums.resize(all);
    for (size_t row = 0; row < m.rows; ++row) {
      const int8_t* of_row = m.weight.data() + row * m.columns;
      row_sums[row] = std::accumulate(of_row, of_row + m.columns, 0);
    }
  } else {
    pack(m.weight.data(), m.rows, m.columns, loops.block, weight.data());
  }
  multiplier.assign(m.multiplier.begin(), m.multiplier.end());
  multiplier.resize(all);
  bias = matrix.bias;
  if (!bias.empty()) bias.resize(all);
}

}  // namespace llmz::exact
