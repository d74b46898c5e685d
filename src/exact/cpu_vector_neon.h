// SPDX-License-Identifier: Apache-2.0
// What cpu_vector.h needs of an instruction set, with NEON, which every arm64 processor has. A part
// of cpu_vector.h.
#pragma once

#include <arm_neon.h>

namespace llmz::exact {
namespace {

using plain::broadcast_16_bytes;
using plain::even_and_odd;
using plain::load_widened;
using plain::odd_dwords;

inline Dword multiply_pairs(Word a, Word b) {
  return (Dword)vpaddq_s32(vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b)),
                           vmull_high_s16((int16x8_t)a, (int16x8_t)b));
}

inline Dword add_pairs(Dword sum, Word a, Word b) { return sum + multiply_pairs(a, b); }

// Doubled products, their high half rounded: the same but for -2^15 times itself, which no caller
// has.
inline Word multiply_rounded(Word a, Word b) {
  return (Word)vqrdmulhq_s16((int16x8_t)a, (int16x8_t)b);
}

inline Word multiply_high(Word a, Word b) {
  const uint16x8_t x = (uint16x8_t)a, y = (uint16x8_t)b;
  const uint32x4_t low = vmull_u16(vget_low_u16(x), vget_low_u16(y));
  return (Word)vshrn_high_n_u32(vshrn_n_u32(low, 16), vmull_high_u16(x, y), 16);
}

// A negative shift to the left; by 16 and more nothing is left.
inline Word shift_right_each(Word g, Word n) {
  return (Word)vshlq_u16((uint16x8_t)g, vnegq_s16((int16x8_t)n));
}

inline Word add_saturated(Word a, Word b) { return (Word)vqaddq_s16((int16x8_t)a, (int16x8_t)b); }

inline Word narrow_saturated(Dword low, Dword high) {
  return (Word)vqmovn_high_s32(vqmovn_s32((int32x4_t)low), (int32x4_t)high);
}

inline Word pack_dwords(Dword a, Dword b) { return narrow_saturated(a, b); }

inline void unpack_words(Word v, UnsignedDword* a, UnsignedDword* b) {
  *a = (UnsignedDword)vmovl_u16(vget_low_u16((uint16x8_t)v));
  *b = (UnsignedDword)vmovl_high_u16((uint16x8_t)v);
}

inline Qword multiply_even(Dword a, Dword b) {
  return (Qword)vmull_s32(vmovn_s64((int64x2_t)a), vmovn_s64((int64x2_t)b));
}

inline UnsignedDword multiply_high(UnsignedDword a, UnsignedDword b) {
  const uint32x4_t x = (uint32x4_t)a, y = (uint32x4_t)b;
  const uint64x2_t low = vmull_u32(vget_low_u32(x), vget_low_u32(y));
  return (UnsignedDword)vshrn_high_n_u64(vshrn_n_u64(low, 32), vmull_high_u32(x, y), 32);
}

inline Qword shift_rounded(Qword value, int shift, int64_t half) {
  return (Qword)vshlq_s64((int64x2_t)(value + half), vdupq_n_s64(-shift));
}

inline Dword sums_of_four(const Dword* v) {
  return (Dword)vpaddq_s32(vpaddq_s32((int32x4_t)v[0], (int32x4_t)v[1]),
                           vpaddq_s32((int32x4_t)v[2], (int32x4_t)v[3]));
}

}  // namespace
}  // namespace llmz::exact
