// SPDX-License-Identifier: Apache-2.0
// Vectors of 8-, 16-, 32- and 64-bit integers as wide as the instruction set that this file is
// compiled for. For cpu_kernels.cpp and its parts only.
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
typedef int8_t Bytes4 __attribute__((vector_size(kDwords)));  // one for each dword
typedef int8_t Bytes2 __attribute__((vector_size(kWords)));   // one for each word
typedef int16_t Word __attribute__((vector_size(kVectorBytes)));
typedef uint16_t UnsignedWord __attribute__((vector_size(kVectorBytes)));
typedef int32_t Dword __attribute__((vector_size(kVectorBytes)));
typedef uint32_t UnsignedDword __attribute__((vector_size(kVectorBytes)));
typedef int64_t Qword __attribute__((vector_size(kVectorBytes)));
typedef uint64_t UnsignedQword __attribute__((vector_size(kVectorBytes)));

template <class V>
inline V load(const void* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

template <class V>
inline void store(void* p, V v) {
  std::memcpy(p, &v, sizeof v);
}

// Intrinsics where the compiler takes __builtin_convertvector apart into halves.
inline Word load_widened(const int8_t* p) {
#if defined(__AVX512BW__)
  return (Word)_mm512_cvtepi8_epi16(load<__m256i>(p));
#elif defined(__AVX2__)
  return (Word)_mm256_cvtepi8_epi16(load<__m128i>(p));
#else
  return __builtin_convertvector(load<Bytes2>(p), Word);
#endif
}

// Sums of neighbouring products, exact: |a| <= 2^15 - 1 and |b| <= 2^15 - 1 in every use.
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

inline Dword broadcast_dword(const void* p) {
  int32_t value;
  std::memcpy(&value, p, 4);
  return Dword{} + value;
}

inline Dword broadcast_16_bytes(const void* p) {
#if defined(__AVX512BW__)
  return (Dword)_mm512_broadcast_i32x4(load<__m128i>(p));
#elif defined(__AVX2__)
  return (Dword)_mm256_broadcastsi128_si256(load<__m128i>(p));
#else
  return load<Dword>(p);
#endif
}

// (a * b + 2^14) >> 15
inline Word multiply_rounded(Word a, Word b) {
#if defined(__AVX512BW__)
  return (Word)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Word)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  const Word high = (Word)_mm_mulhi_epi16((__m128i)a, (__m128i)b);
  const UnsignedWord low = (UnsignedWord)_mm_mullo_epi16((__m128i)a, (__m128i)b);
  return (high << 1) + (Word)(low >> 15) + (Word)(low >> 14 & 1);
#else
  Word out;
  for (size_t i = 0; i < kWords; ++i) out[i] = (int16_t)((a[i] * b[i] + (1 << 14)) >> 15);
  return out;
#endif
}

// a * b >> 16 of unsigned words.
inline Word multiply_high(Word a, Word b) {
#if defined(__AVX512BW__)
  return (Word)_mm512_mulhi_epu16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Word)_mm256_mulhi_epu16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Word)_mm_mulhi_epu16((__m128i)a, (__m128i)b);
#else
  Word out;
  for (size_t i = 0; i < kWords; ++i)
    out[i] = (int16_t)((uint32_t{(uint16_t)a[i]} * (uint16_t)b[i]) >> 16);
  return out;
#endif
}

inline Word min_unsigned(Word a, Word b) {
  const UnsignedWord x = (UnsignedWord)a, y = (UnsignedWord)b;
  return (Word)(x < y ? x : y);
}

// g >> n of unsigned words, n >= 1; 0 where n >= 16 and g <= 2^15.
inline Word shift_right_each(Word g, Word n) {
#if defined(__AVX512BW__)
  return (Word)_mm512_srlv_epi16((__m512i)g, (__m512i)n);
#elif defined(__AVX2__)
  // There is no such shift: a product with 2^(16 - n), whose two bytes come from tables.
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
#else
  UnsignedWord v = (UnsignedWord)g;
  for (int bit = 0; bit < 5; ++bit) {
    const Word set = (n >> bit & 1) != 0;
    const UnsignedWord shifted = bit == 4 ? UnsignedWord{} : v >> (1 << bit);
    v = (shifted & (UnsignedWord)set) | (v & ~(UnsignedWord)set);
  }
  return (Word)(v & (UnsignedWord)(n < 32));
#endif
}

inline Word add_saturated(Word a, Word b) {
#if defined(__AVX512BW__)
  return (Word)_mm512_adds_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Word)_mm256_adds_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Word)_mm_adds_epi16((__m128i)a, (__m128i)b);
#else
  Word out;
  for (size_t i = 0; i < kWords; ++i) {
    const int32_t sum = a[i] + b[i];
    out[i] = (int16_t)(sum < -32768 ? -32768 : sum > 32767 ? 32767 : sum);
  }
  return out;
#endif
}

// The words of two vectors, in their order, within 16 bits.
inline Word narrow_saturated(Dword low, Dword high) {
#if defined(__AVX512BW__)
  const __m512i packed = _mm512_packs_epi32((__m512i)low, (__m512i)high);
  return (Word)_mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), packed);
#elif defined(__AVX2__)
  return (Word)_mm256_permute4x64_epi64(_mm256_packs_epi32((__m256i)low, (__m256i)high), 0xd8);
#elif defined(__SSE2__)
  return (Word)_mm_packs_epi32((__m128i)low, (__m128i)high);
#else
  Word out;
  for (size_t i = 0; i < kWords; ++i) {
    const int32_t v = i < kDwords ? low[i] : high[i - kDwords];
    out[i] = (int16_t)(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
  }
  return out;
#endif
}

// Dwords that fit 16 bits as words, in an order of its own, and unsigned words back in that order.
inline Word pack_dwords(Dword a, Dword b) {
#if defined(__AVX512BW__)
  return (Word)_mm512_packs_epi32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Word)_mm256_packs_epi32((__m256i)a, (__m256i)b);
#else
  return narrow_saturated(a, b);
#endif
}

inline void unpack_words(Word v, UnsignedDword* a, UnsignedDword* b) {
#if defined(__AVX512BW__)
  *a = (UnsignedDword)_mm512_unpacklo_epi16((__m512i)v, _mm512_setzero_si512());
  *b = (UnsignedDword)_mm512_unpackhi_epi16((__m512i)v, _mm512_setzero_si512());
#elif defined(__AVX2__)
  *a = (UnsignedDword)_mm256_unpacklo_epi16((__m256i)v, _mm256_setzero_si256());
  *b = (UnsignedDword)_mm256_unpackhi_epi16((__m256i)v, _mm256_setzero_si256());
#elif defined(__SSE2__)
  *a = (UnsignedDword)_mm_unpacklo_epi16((__m128i)v, _mm_setzero_si128());
  *b = (UnsignedDword)_mm_unpackhi_epi16((__m128i)v, _mm_setzero_si128());
#else
  for (size_t i = 0; i < kDwords; ++i) {
    (*a)[i] = (uint16_t)v[i];
    (*b)[i] = (uint16_t)v[kDwords + i];
  }
#endif
}

// Products of the even dwords; those of the odd ones after odd_dwords().
inline Qword multiply_even(Dword a, Dword b) {
#if defined(__AVX512BW__)
  return (Qword)_mm512_mul_epi32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Qword)_mm256_mul_epi32((__m256i)a, (__m256i)b);
#else
  Qword out;
  for (size_t i = 0; i < kDwords / 2; ++i) out[i] = int64_t{a[2 * i]} * b[2 * i];
  return out;
#endif
}

inline Dword odd_dwords(Dword a) { return (Dword)((UnsignedQword)a >> 32); }

inline Dword even_and_odd(Qword even, Qword odd) {
#if defined(__AVX512BW__)
  return (Dword)_mm512_mask_blend_epi32(0xaaaa, (__m512i)even, _mm512_slli_epi64((__m512i)odd, 32));
#elif defined(__AVX2__)
  return (Dword)_mm256_blend_epi32((__m256i)even, _mm256_slli_epi64((__m256i)odd, 32), 0xaa);
#else
  return (Dword)(((UnsignedQword)odd << 32) | ((UnsignedQword)even & 0xffffffffu));
#endif
}

// (a * b) >> 32 of unsigned dwords.
inline UnsignedDword multiply_high(UnsignedDword a, UnsignedDword b) {
#if defined(__SSE2__)
  const auto multiply = [](UnsignedDword x, UnsignedDword y) {
#if defined(__AVX512BW__)
    return (UnsignedQword)_mm512_mul_epu32((__m512i)x, (__m512i)y);
#elif defined(__AVX2__)
    return (UnsignedQword)_mm256_mul_epu32((__m256i)x, (__m256i)y);
#else
    return (UnsignedQword)_mm_mul_epu32((__m128i)x, (__m128i)y);
#endif
  };
  const UnsignedQword even = multiply(a, b), odd = multiply((UnsignedDword)odd_dwords((Dword)a),
                                                            (UnsignedDword)odd_dwords((Dword)b));
  return (UnsignedDword)((even >> 32) | (odd & 0xffffffff00000000u));
#else
  UnsignedDword out;
  for (size_t i = 0; i < kDwords; ++i) out[i] = (uint32_t)(uint64_t{a[i]} * b[i] >> 32);
  return out;
#endif
}

// (value + half) >> shift of signed 64-bit values below 2^62. Not every instruction set shifts them
// arithmetically; the offset makes them nonnegative.
inline Qword shift_rounded(Qword value, int shift, int64_t half) {
#if defined(__AVX512BW__)
  return (Qword)_mm512_sra_epi64((__m512i)(value + half), _mm_cvtsi32_si128(shift));
#else
  constexpr uint64_t kOffset = uint64_t{1} << 62;
  return (Qword)((((UnsignedQword)(value + half) + kOffset) >> shift) - (kOffset >> shift));
#endif
}

inline int64_t half_of(int shift) { return shift > 0 ? int64_t{1} << (shift - 1) : 0; }

// round_shift(a * b, shift) of each dword, where it fits 32 bits; half = half_of(shift).
inline Dword multiply_shift(Dword a, Dword b, int shift, int64_t half) {
  return even_and_odd(shift_rounded(multiply_even(a, b), shift, half),
                      shift_rounded(multiply_even(odd_dwords(a), odd_dwords(b)), shift, half));
}

inline Dword limited(Dword v, int32_t low, int32_t high) {
  v = v > high ? Dword{} + high : v;
  return v < low ? Dword{} + low : v;
}

template <class V, class T>
inline T largest_of(V v, T least) {
  for (size_t i = 0; i < sizeof(V) / sizeof(T); ++i) least = v[i] > least ? v[i] : least;
  return least;
}

inline int32_t sum_of(Dword v) {
  int32_t sum = 0;
  for (size_t i = 0; i < kDwords; ++i) sum += v[i];
  return sum;
}

// The sums of each four dwords: first of those of the four vectors' first 128 bits, and so on.
inline Dword sums_of_four(const Dword* v) {
#if defined(__AVX512BW__)
  const auto pairs = [](Dword a, Dword b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32((__m512i)a, (__m512i)b),
                            _mm512_unpackhi_epi32((__m512i)a, (__m512i)b));
  };
  const __m512i x = pairs(v[0], v[1]), y = pairs(v[2], v[3]);
  return (Dword)_mm512_add_epi32(_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y));
#elif defined(__AVX2__)
  const auto pairs = [](Dword a, Dword b) {
    return _mm256_add_epi32(_mm256_unpacklo_epi32((__m256i)a, (__m256i)b),
                            _mm256_unpackhi_epi32((__m256i)a, (__m256i)b));
  };
  const __m256i x = pairs(v[0], v[1]), y = pairs(v[2], v[3]);
  return (Dword)_mm256_add_epi32(_mm256_unpacklo_epi64(x, y), _mm256_unpackhi_epi64(x, y));
#else
  Dword sums;
  for (size_t i = 0; i < kDwords; ++i) {
    const Dword& four = v[i % 4];
    const size_t begin = i / 4 * 4;
    sums[i] = four[begin] + four[begin + 1] + four[begin + 2] + four[begin + 3];
  }
  return sums;
#endif
}

// Sums of products of small groups of neighbouring bytes. With VNNI the groups have four and the
// stored bytes an offset of 128, which the caller takes away (kStoredOffset times the sum of the
// other factors); otherwise two, and the other factors are words.
#if defined(__AVX512VNNI__)
constexpr size_t kGroup = 4;
constexpr int32_t kStoredOffset = 128;
typedef int8_t Factor;
inline Dword load_group(const int8_t* p) { return load<Dword>(p); }
inline Dword add_group(Dword sum, Dword stored, Dword factors) {
  return (Dword)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)stored, (__m512i)factors);
}
#else
constexpr size_t kGroup = 2;
constexpr int32_t kStoredOffset = 0;
typedef int16_t Factor;
inline Dword load_group(const int8_t* p) { return (Dword)load_widened(p); }
inline Dword add_group(Dword sum, Dword stored, Dword factors) {
  return add_pairs(sum, (Word)stored, (Word)factors);
}
#endif

inline int8_t stored_byte(int8_t v) {
  return static_cast<int8_t>(static_cast<uint8_t>(v) ^ (kStoredOffset == 128 ? 0x80 : 0));
}

// exp2_neg of docs/exact-arithmetic.md: of fractions with 15 bits, as unsigned words.
inline Word exp2_fraction(Word f) {
  Word g = Word{} + 224;
  g = multiply_rounded(g, f) - 1745;
  g = multiply_rounded(g, f) + 7848;
  g = multiply_rounded(g, f) - 22711;
  return multiply_rounded(g, f) + int16_t(-32768);
}

}  // namespace
}  // namespace llmz::exact
