// SPDX-License-Identifier: Apache-2.0
// The inner loops of imported models on a processor: what float64 products carry elsewhere, at
// an eighth of the memory. Exact on every processor: integers, or float64 that holds integers below
// 2^53.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llmz::exact {

// out[i * stride + j] = sum_x a[i][x] * b[j][x] for a [m][k], b [n][k], where |a * b| <= 127 *
// 32767.
void multiply(const int16_t* a, size_t m, const int16_t* b, size_t n, size_t k, int64_t* out,
              size_t stride);

void widen(const int8_t* from, size_t count, int16_t* to);

// Step 3 of docs/exact-imported.md for one query head: keys and values [count][head_dim]. `weights`
// has room for count values.
void attend(const int16_t* query, const int16_t* keys, const int16_t* values, size_t count,
            size_t head_dim, int64_t multiplier, int64_t shift, double* weights, int64_t* out);

}  // namespace llmz::exact
