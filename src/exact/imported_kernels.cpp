// SPDX-License-Identifier: Apache-2.0
#include "exact/imported_kernels.h"

#include <algorithm>

// One copy for each instruction set; the loader chooses.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LLMZ_EACH_PROCESSOR __attribute__((target_clones("arch=skylake-avx512", "avx2", "default")))
#else
#define LLMZ_EACH_PROCESSOR
#endif

namespace llmz::exact {

LLMZ_EACH_PROCESSOR
void multiply(const int16_t* a, size_t m, const int16_t* b, size_t n, size_t k, int64_t* out,
              size_t stride) {
  constexpr size_t kChunk = 512;  // so many products fit 32 bits: 512 * 127 * 32767 < 2^31
  constexpr size_t kRows = 32;    // of a, which stay in the nearest cache
  for (size_t i = 0; i < m; ++i) std::fill_n(out + i * stride, n, 0);
  for (size_t first = 0; first < m; first += kRows) {
    const size_t last = std::min(first + kRows, m);
    for (size_t begin = 0; begin < k; begin += kChunk) {
      const size_t length = std::min(kChunk, k - begin);
      for (size_t j = 0; j < n; ++j) {
        const int16_t* row = b + j * k + begin;
        size_t i = first;
        for (; i + 4 <= last; i += 4) {
          const int16_t* a0 = a + i * k + begin;
          const int16_t *a1 = a0 + k, *a2 = a1 + k, *a3 = a2 + k;
          int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
          for (size_t x = 0; x < length; ++x) {
            s0 += a0[x] * row[x];
            s1 += a1[x] * row[x];
            s2 += a2[x] * row[x];
            s3 += a3[x] * row[x];
          }
          out[i * stride + j] += s0;
          out[(i + 1) * stride + j] += s1;
          out[(i + 2) * stride + j] += s2;
          out[(i + 3) * stride + j] += s3;
        }
        for (; i < last; ++i) {
          const int16_t* a0 = a + i * k + begin;
          int32_t sum = 0;
          for (size_t x = 0; x < length; ++x) sum += a0[x] * row[x];
          out[i * stride + j] += sum;
        }
      }
    }
  }
}

LLMZ_EACH_PROCESSOR
void widen(const int8_t* from, size_t count, int16_t* to) {
  for (size_t i = 0; i < count; ++i) to[i] = from[i];
}

LLMZ_EACH_PROCESSOR
void attend(const int16_t* query, const int16_t* keys, const int16_t* values, size_t count,
            size_t head_dim, int64_t multiplier, int64_t shift, double* weights, int64_t* out) {
  constexpr size_t kMaxHeadDim = 256;
  // Two halves of 8 bits, so that products with 16 bits add up in 32.
  int16_t high[kMaxHeadDim], low[kMaxHeadDim];
  for (size_t i = 0; i < head_dim; ++i) {
    high[i] = static_cast<int16_t>(query[i] >> 8);
    low[i] = static_cast<int16_t>(query[i] & 255);
  }
  double top = -1e300;
  for (size_t j = 0; j < count; ++j) {
    const int16_t* key = keys + j * head_dim;
    int32_t upper = 0, lower = 0;  // at most 256 * 255 * 32767 < 2^31
    for (size_t i = 0; i < head_dim; ++i) {
      upper += high[i] * key[i];
      lower += low[i] * key[i];
    }
    weights[j] = static_cast<double>(int64_t{upper} * 256 + lower);
    top = std::max(top, weights[j]);
  }
  int64_t den = 0;
  for (size_t j = 0; j < count; ++j) {
    const auto u = std::min(static_cast<int64_t>(top - weights[j]), (int64_t{1} << 38) - 1);
    const int64_t t = (u * multiplier) >> shift;
    const int64_t f = t & 32767, whole = std::min<int64_t>(t >> 15, 31);
    int64_t g = 224;
    for (int64_t coefficient : {-1745, 7848, -22711, 32768})
      g = coefficient + ((g * f + (1 << 14)) >> 15);
    const int64_t e = (g << 9) >> whole;
    weights[j] = static_cast<double>(e);
    den += e;
  }
  double sums[kMaxHeadDim] = {};  // below 2^50
  for (size_t j = 0; j < count; ++j) {
    if (weights[j] == 0) continue;
    const int16_t* value = values + j * head_dim;
    for (size_t i = 0; i < head_dim; ++i) sums[i] += weights[j] * value[i];
  }
  for (size_t i = 0; i < head_dim; ++i) {
    const int64_t above = static_cast<int64_t>(sums[i]) * 4096 + (den >> 1);
    const int64_t quotient = above / den;
    out[i] = quotient - (quotient * den > above);
  }
}

}  // namespace llmz::exact
