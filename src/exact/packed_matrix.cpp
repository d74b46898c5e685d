// SPDX-License-Identifier: Apache-2.0
#include "exact/packed_matrix.h"

namespace llmz::exact {

PackedMatrix::PackedMatrix(const ImportedMatrix& matrix, int64_t most, const ImportedLoops& loops)
    : shift(static_cast<int>(matrix.matrix.shift)), limit(most) {
  const IntegerMatrix& m = matrix.matrix;
  const size_t all = padded(m.rows, kWideRows);
  columns = padded(m.columns, kWideRun);
  weight.resize(all * columns);
  pack(m.weight.data(), m.rows, m.columns, loops.block, weight.data());
  multiplier.assign(m.multiplier.begin(), m.multiplier.end());
  multiplier.resize(all);
  bias = matrix.bias;
  if (!bias.empty()) bias.resize(all);
}

}  // namespace llmz::exact
