// SPDX-License-Identifier: Apache-2.0
// Vectors of 8-, 16- and 32-bit integers as wide as the instruction set that this file is compiled
// for. For cpu_kernels.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace llmz::exact {
namespace {

#if defined(__AVX512BW__)
constexpr size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr size_t kVectorBytes = 32;
#else
constexpr size_t kVectorBytes = 16;
#endif
constexpr size_t kWords = kVectorBytes / 2, kDwords = kVectorBytes / 4;
typedef int8_t Half8 __attribute__((vector_size(kWords)));
typedef int16_t Word __attribute__((vector_size(kVectorBytes)));
typedef int32_t Dword __attribute__((vector_size(kVectorBytes)));

template <class V>
inline V load(const void* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Intrinsics where the compiler takes __builtin_convertvector apart into halves.
inline Word load_widened(const int8_t* p) {
#if defined(__AVX512BW__)
  return (Word)_mm512_cvtepi8_epi16(load<__m256i>(p));
#elif defined(__AVX2__)
  return (Word)_mm256_cvtepi8_epi16(load<__m128i>(p));
#else
  return __builtin_convertvector(load<Half8>(p), Word);
#endif
}

// Sums of neighbouring products, exact: |a| <= 2^15 - 1 and |b| <= 2^14 in every use.
inline Dword multiply_pairs(Word a, Word b) {
#if defined(__AVX512BW__)
  return (Dword)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Dword)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Dword)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  Dword sum;
  for (size_t i = 0; i < kDwords; ++i) sum[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sum;
#endif
}

inline Dword add_pairs(Dword sum, Word a, Word b) {
#if defined(__AVX512VNNI__)
  return (Dword)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#else
  return sum + multiply_pairs(a, b);
#endif
}

inline Word broadcast_pair(const int16_t* p) {
  int32_t pair;
  std::memcpy(&pair, p, 4);
  return (Word)(Dword{} + pair);
}

// The sums of kCount vectors, in their order.
template <size_t kCount>
inline void sums_of(const Dword* v, int32_t* out) {
#if defined(__AVX512BW__)
  static_assert(kCount == 16);
  // Halves the vectors four times: neighbours, pairs, then the four parts of 128 bits.
  __m512i x[16];
  std::memcpy(x, v, sizeof x);
  for (size_t i = 0; i < 8; ++i) {
    x[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(x[2 * i], x[2 * i + 1]),
                            _mm512_unpackhi_epi32(x[2 * i], x[2 * i + 1]));
  }
  for (size_t i = 0; i < 4; ++i) {
    x[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(x[2 * i], x[2 * i + 1]),
                            _mm512_unpackhi_epi64(x[2 * i], x[2 * i + 1]));
  }
  for (size_t i = 0; i < 2; ++i) {
    x[i] = _mm512_add_epi32(_mm512_shuffle_i32x4(x[2 * i], x[2 * i + 1], 0x88),
                            _mm512_shuffle_i32x4(x[2 * i], x[2 * i + 1], 0xdd));
  }
  x[0] = _mm512_add_epi32(_mm512_shuffle_i32x4(x[0], x[1], 0x88),
                          _mm512_shuffle_i32x4(x[0], x[1], 0xdd));
  std::memcpy(out, &x[0], sizeof x[0]);
#else
  for (size_t i = 0; i < kCount; ++i) {
    out[i] = 0;
    for (size_t k = 0; k < kDwords; ++k) out[i] += v[i][k];
  }
#endif
}

}  // namespace
}  // namespace llmz::exact
