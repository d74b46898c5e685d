// SPDX-License-Identifier: Apache-2.0
// Vectors of 8-, 16-, 32- and 64-bit integers as wide as the instruction set that this file is
// compiled for. For cpu_kernels.cpp and its parts only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

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

inline Dword broadcast_dword(const void* p) {
  int32_t value;
  std::memcpy(&value, p, 4);
  return Dword{} + value;
}

inline Word min_unsigned(Word a, Word b) {
  const UnsignedWord x = (UnsignedWord)a, y = (UnsignedWord)b;
  return (Word)(x < y ? x : y);
}

// Of the instruction set, in the parts below:
//   load_widened(p)          bytes as words
//   multiply_pairs(a, b)     sums of neighbouring products, exact: no factor is -2^15 in any use
//   add_pairs(sum, a, b)     sum + multiply_pairs(a, b)
//   broadcast_16_bytes(p)
//   multiply_rounded(a, b)   (a * b + 2^14) >> 15
//   multiply_high(a, b)      the upper half of a product of unsigned words, or of unsigned dwords
//   shift_right_each(g, n)   g >> n of unsigned words, n >= 1; 0 where n >= 16 and g <= 2^15
//   add_saturated(a, b)
//   narrow_saturated(a, b)   the dwords of two vectors, in their order, within 16 bits
//   pack_dwords(a, b)        dwords that fit 16 bits, in an order of its own
//   unpack_words(v, &a, &b)  unsigned words, from that order
//   multiply_even(a, b)      products of the even dwords; those of the odd ones after odd_dwords()
//   even_and_odd(a, b)       the lower halves, interleaved
//   shift_rounded(v, shift, half)  (v + half) >> shift of signed 64-bit values below 2^62
//   sums_of_four(v)          the sums of each four dwords: first of those of the four vectors'
//                            first 128 bits, and so on
}  // namespace
}  // namespace llmz::exact

#include "exact/cpu_vector_plain.h"
#if defined(__SSE2__)
#include "exact/cpu_vector_x86.h"
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include "exact/cpu_vector_neon.h"
#else
namespace llmz::exact {
namespace {
using namespace plain;
inline Dword add_pairs(Dword sum, Word a, Word b) { return sum + multiply_pairs(a, b); }
}  // namespace
}  // namespace llmz::exact
#endif

namespace llmz::exact {
namespace {

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
