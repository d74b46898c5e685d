// SPDX-License-Identifier: Apache-2.0
// The integer loops of imported models (docs/exact-imported.md), compiled for several instruction
// sets as those of cpu_kernels.h are: every build gives the same integers. A vector's sums are
// those of the document; no loop allocates or has threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/imported_model.h"

namespace llmz::exact {

// Packed matrices have their rows in blocks, `ImportedLoops::block` rows each, and their columns in
// runs: [rows / block][columns / kWideRun][block][kWideRun], padded with zeros. Vectors that they
// are multiplied with are padded to the same columns.
constexpr size_t kWideRun = 8, kWideRows = 16;  // rows are a multiple of kWideRows
constexpr size_t kMaxWideDim = 8192, kMaxWideHidden = 32768, kMaxWideHeadDim = 256;

constexpr size_t padded(size_t n, size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// Where a weight stands in a packed matrix of so many (padded) columns: the first of a run of row
// `row`; runs of one row are `block * kWideRun` apart. The order within a block is that in which
// sums_of_four() (cpu_vector.h) leaves its sums.
inline size_t packed_row(size_t row, size_t columns, size_t block) {
  const size_t r = row % block;
  return row / block * block * columns + (r % 4 * (block / 4) + r / 4) * kWideRun;
}

// linear() of the document.
struct WideView {
  const int8_t* weight;       // packed
  const int64_t* multiplier;  // [rows]
  const int64_t* bias;        // [rows], or null
  int shift;
  int64_t limit;  // the outputs are clamped to it
  size_t columns;
};

// Vectors of 16 bits with their exponents: what fit() gives.
struct FittedView {
  const int16_t* a;  // [count][columns]
  const int32_t* p;  // [count]
  size_t count;
};

struct WideNorm {
  const int32_t* gain;  // [n]
  size_t n;
  int64_t epsilon;
  bool layer_norm;
};

// The keys and values of one lane, layer and key-value head, `dim` = padded(head_dim, kWideRows)
// components each, so that vectors of neighbouring positions (keys) or components (values) have
// pairs of factors: keys [positions / kWideRows][dim / 2][kWideRows][2], values
// [positions / 2][dim][2].
inline int16_t* key_pair(int16_t* keys, size_t dim, size_t position, size_t pair) {
  const size_t block = position / kWideRows * (dim / 2) + pair;
  return keys + (block * kWideRows + position % kWideRows) * 2;
}
inline int16_t* value_of(int16_t* values, size_t dim, size_t position, size_t i) {
  return values + (position / 2 * dim + i) * 2 + position % 2;
}

// One query head of one token, which sees `count` positions.
struct WideAttention {
  const int16_t* query;  // [dim]
  const int16_t *keys, *values;
  size_t count, head_dim, dim;
  int64_t multiplier;
  int shift;
};

// The head of one block of text: w in a packed view, and what master has below it.
struct WideHead {
  int16_t* view;  // packed
  int16_t* rest;  // [vocabulary][columns]: master - w * 2^15
  size_t columns;
};

// What one token's weights learn from one lane.
struct WideStep {
  int64_t c;
  const int16_t* h;  // [columns]
};

struct ImportedLoops {
  size_t block;
  // Rows first .. end (multiples of kWideRows) of linear(): out[v * stride + row].
  void (*linear)(const WideView& matrix, const FittedView& in, size_t first, size_t end,
                 int64_t* out, size_t stride);
  // The same of the head: clamp(sum_i w[row][i] * h[v][i], 2^31 - 1); h [count][columns].
  void (*logits)(const int16_t* view, size_t columns, const int16_t* h, size_t count, size_t first,
                 size_t end, int32_t* out, size_t stride);
  // fit(c) into a [padded to kWideRun], which gives p.
  int32_t (*fit)(const int64_t* c, size_t n, int16_t* a);
  // fit(norm(x, gain)); work has room for n values.
  int32_t (*norm)(const WideNorm& norm, const int64_t* x, int64_t* work, int16_t* a);
  // h[i] of the document's last formula for i < n; work as above.
  void (*hidden)(const WideNorm& norm, const int64_t* bias, const int64_t* x, int64_t* work,
                 int8_t* h);
  // z = activation(z), |z| < 2^30.
  void (*activate)(Activation activation, int64_t* z, size_t n);
  // c = clamp(round_shift(activation(c) * z, 20), LIMIT).
  void (*gate)(Activation activation, int64_t* c, const int64_t* z, size_t n);
  // x = clamp(x + more, LIMIT).
  void (*add)(int64_t* x, const int64_t* more, size_t n);
  // Step 3: o[head_dim].
  void (*attend)(const WideAttention& head, int64_t* o);
  // Token j's weights after the steps of a group.
  void (*learn)(const WideHead& head, size_t j, const WideStep* steps, size_t count);
};

// The builds of imported_loops.cpp, and the best for this processor.
extern const ImportedLoops kImportedBaseline;
#if defined(__x86_64__)
extern const ImportedLoops kImportedAvx2, kImportedAvx512, kImportedAvx512Vnni;
#endif
const ImportedLoops& imported_loops();

}  // namespace llmz::exact
