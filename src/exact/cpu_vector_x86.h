// SPDX-License-Identifier: Apache-2.0
// What cpu_vector.h needs of an instruction set: SSE2, AVX2, AVX-512 with or without VNNI. A part
// of cpu_vector.h.
#pragma once

#include <immintrin.h>

namespace llmz::exact {
namespace {

#if defined(__AVX512BW__)

// Intrinsics where the compiler takes __builtin_convertvector apart into halves.
inline Word load_widened(const int8_t* p) { return (Word)_mm512_cvtepi8_epi16(load<__m256i>(p)); }

inline Dword multiply_pairs(Word a, Word b) {
  return (Dword)_mm512_madd_epi16((__m512i)a, (__m512i)b);
}

inline Dword broadcast_16_bytes(const void* p) {
  return (Dword)_mm512_broadcast_i32x4(load<__m128i>(p));
}

inline Word multiply_rounded(Word a, Word b) {
  return (Word)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
}

inline Word multiply_high(Word a, Word b) {
  return (Word)_mm512_mulhi_epu16((__m512i)a, (__m512i)b);
}

inline Word shift_right_each(Word g, Word n) {
  return (Word)_mm512_srlv_epi16((__m512i)g, (__m512i)n);
}

inline Word add_saturated(Word a, Word b) {
  return (Word)_mm512_adds_epi16((__m512i)a, (__m512i)b);
}

inline Word narrow_saturated(Dword low, Dword high) {
  const __m512i packed = _mm512_packs_epi32((__m512i)low, (__m512i)high);
  return (Word)_mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), packed);
}

inline Word pack_dwords(Dword a, Dword b) {
  return (Word)_mm512_packs_epi32((__m512i)a, (__m512i)b);
}

inline void unpack_words(Word v, UnsignedDword* a, UnsignedDword* b) {
  *a = (UnsignedDword)_mm512_unpacklo_epi16((__m512i)v, _mm512_setzero_si512());
  *b = (UnsignedDword)_mm512_unpackhi_epi16((__m512i)v, _mm512_setzero_si512());
}

inline Qword multiply_even(Dword a, Dword b) {
  return (Qword)_mm512_mul_epi32((__m512i)a, (__m512i)b);
}

inline UnsignedQword multiply_even_unsigned(UnsignedDword a, UnsignedDword b) {
  return (UnsignedQword)_mm512_mul_epu32((__m512i)a, (__m512i)b);
}

inline Dword even_and_odd(Qword even, Qword odd) {
  return (Dword)_mm512_mask_blend_epi32(0xaaaa, (__m512i)even, _mm512_slli_epi64((__m512i)odd, 32));
}

inline Qword shift_rounded(Qword value, int shift, int64_t half) {
  return (Qword)_mm512_sra_epi64((__m512i)(value + half), _mm_cvtsi32_si128(shift));
}

inline Dword sums_of_four(const Dword* v) {
  const auto pairs = [](Dword a, Dword b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32((__m512i)a, (__m512i)b),
                            _mm512_unpackhi_epi32((__m512i)a, (__m512i)b));
  };
  const __m512i x = pairs(v[0], v[1]), y = pairs(v[2], v[3]);
  return (Dword)_mm512_add_epi32(_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y));
}

#elif defined(__AVX2__)

inline Word load_widened(const int8_t* p) { return (Word)_mm256_cvtepi8_epi16(load<__m128i>(p)); }

inline Dword multiply_pairs(Word a, Word b) {
  return (Dword)_mm256_madd_epi16((__m256i)a, (__m256i)b);
}

inline Dword broadcast_16_bytes(const void* p) {
  return (Dword)_mm256_broadcastsi128_si256(load<__m128i>(p));
}

inline Word multiply_rounded(Word a, Word b) {
  return (Word)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b);
}

inline Word multiply_high(Word a, Word b) {
  return (Word)_mm256_mulhi_epu16((__m256i)a, (__m256i)b);
}

// There is no such shift: a product with 2^(16 - n), whose two bytes come from tables.
inline Word shift_right_each(Word g, Word n) {
  const __m256i k = _mm256_min_epu16((__m256i)(n - 1), _mm256_set1_epi16(15));
  const __m256i high = _mm256_setr_epi8(-128, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, -128,
                                        64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i low = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, -128, 64, 32, 16, 8, 4, 2, 1, 0, 0,
                                       0, 0, 0, 0, 0, 0, -128, 64, 32, 16, 8, 4, 2, 1);
  const __m256i power = _mm256_or_si256(
      _mm256_shuffle_epi8(low, _mm256_or_si256(k, _mm256_set1_epi16(int16_t(0xff00)))),
      _mm256_shuffle_epi8(high,
                          _mm256_or_si256(_mm256_slli_epi16(k, 8), _mm256_set1_epi16(0x00ff))));
  return multiply_high(g, (Word)power);
}

inline Word add_saturated(Word a, Word b) {
  return (Word)_mm256_adds_epi16((__m256i)a, (__m256i)b);
}

inline Word narrow_saturated(Dword low, Dword high) {
  return (Word)_mm256_permute4x64_epi64(_mm256_packs_epi32((__m256i)low, (__m256i)high), 0xd8);
}

inline Word pack_dwords(Dword a, Dword b) {
  return (Word)_mm256_packs_epi32((__m256i)a, (__m256i)b);
}

inline void unpack_words(Word v, UnsignedDword* a, UnsignedDword* b) {
  *a = (UnsignedDword)_mm256_unpacklo_epi16((__m256i)v, _mm256_setzero_si256());
  *b = (UnsignedDword)_mm256_unpackhi_epi16((__m256i)v, _mm256_setzero_si256());
}

inline Qword multiply_even(Dword a, Dword b) {
  return (Qword)_mm256_mul_epi32((__m256i)a, (__m256i)b);
}

inline UnsignedQword multiply_even_unsigned(UnsignedDword a, UnsignedDword b) {
  return (UnsignedQword)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}

inline Dword even_and_odd(Qword even, Qword odd) {
  return (Dword)_mm256_blend_epi32((__m256i)even, _mm256_slli_epi64((__m256i)odd, 32), 0xaa);
}

using plain::shift_rounded;

inline Dword sums_of_four(const Dword* v) {
  const auto pairs = [](Dword a, Dword b) {
    return _mm256_add_epi32(_mm256_unpacklo_epi32((__m256i)a, (__m256i)b),
                            _mm256_unpackhi_epi32((__m256i)a, (__m256i)b));
  };
  const __m256i x = pairs(v[0], v[1]), y = pairs(v[2], v[3]);
  return (Dword)_mm256_add_epi32(_mm256_unpacklo_epi64(x, y), _mm256_unpackhi_epi64(x, y));
}

#else

using plain::broadcast_16_bytes;
using plain::even_and_odd;
using plain::load_widened;
using plain::multiply_even;
using plain::shift_right_each;
using plain::shift_rounded;
using plain::sums_of_four;

inline Dword multiply_pairs(Word a, Word b) {
  return (Dword)_mm_madd_epi16((__m128i)a, (__m128i)b);
}

inline Word multiply_rounded(Word a, Word b) {
  const Word high = (Word)_mm_mulhi_epi16((__m128i)a, (__m128i)b);
  const UnsignedWord low = (UnsignedWord)_mm_mullo_epi16((__m128i)a, (__m128i)b);
  return (high << 1) + (Word)(low >> 15) + (Word)(low >> 14 & 1);
}

inline Word multiply_high(Word a, Word b) { return (Word)_mm_mulhi_epu16((__m128i)a, (__m128i)b); }

inline Word add_saturated(Word a, Word b) { return (Word)_mm_adds_epi16((__m128i)a, (__m128i)b); }

inline Word narrow_saturated(Dword low, Dword high) {
  return (Word)_mm_packs_epi32((__m128i)low, (__m128i)high);
}

inline Word pack_dwords(Dword a, Dword b) { return narrow_saturated(a, b); }

inline void unpack_words(Word v, UnsignedDword* a, UnsignedDword* b) {
  *a = (UnsignedDword)_mm_unpacklo_epi16((__m128i)v, _mm_setzero_si128());
  *b = (UnsignedDword)_mm_unpackhi_epi16((__m128i)v, _mm_setzero_si128());
}

inline UnsignedQword multiply_even_unsigned(UnsignedDword a, UnsignedDword b) {
  return (UnsignedQword)_mm_mul_epu32((__m128i)a, (__m128i)b);
}

#endif

using plain::odd_dwords;

inline Dword add_pairs(Dword sum, Word a, Word b) {
#if defined(__AVX512VNNI__)
  return (Dword)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#else
  return sum + multiply_pairs(a, b);
#endif
}

inline UnsignedDword multiply_high(UnsignedDword a, UnsignedDword b) {
  const UnsignedQword even = multiply_even_unsigned(a, b),
                      odd = multiply_even_unsigned((UnsignedDword)odd_dwords((Dword)a),
                                                   (UnsignedDword)odd_dwords((Dword)b));
  return (UnsignedDword)((even >> 32) | (odd & 0xffffffff00000000u));
}

}  // namespace
}  // namespace llmz::exact
