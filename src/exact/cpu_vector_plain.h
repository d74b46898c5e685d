// SPDX-License-Identifier: Apache-2.0
// What cpu_vector.h needs of an instruction set, element by element: for processors that have no
// part of their own, and where a part has nothing better. A part of cpu_vector.h.
#pragma once

namespace llmz::exact {
namespace {
namespace plain {

inline Word load_widened(const int8_t* p) { return __builtin_convertvector(load<Bytes2>(p), Word); }

inline Dword multiply_pairs(Word a, Word b) {
  Dword sum;
  for (size_t i = 0; i < kDwords; ++i) sum[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sum;
}

inline Dword broadcast_16_bytes(const void* p) {
  Dword out;
  for (size_t i = 0; i < kVectorBytes; i += 16) {
    std::memcpy(reinterpret_cast<char*>(&out) + i, p, 16);
  }
  return out;
}

inline Word multiply_rounded(Word a, Word b) {
  Word out;
  for (size_t i = 0; i < kWords; ++i)
    out[i] = static_cast<int16_t>((a[i] * b[i] + (1 << 14)) >> 15);
  return out;
}

inline Word multiply_high(Word a, Word b) {
  Word out;
  for (size_t i = 0; i < kWords; ++i) {
    const uint32_t product = uint32_t{static_cast<uint16_t>(a[i])} * static_cast<uint16_t>(b[i]);
    out[i] = static_cast<int16_t>(product >> 16);
  }
  return out;
}

inline Word shift_right_each(Word g, Word n) {
  UnsignedWord v = (UnsignedWord)g;
  for (int bit = 0; bit < 5; ++bit) {
    const Word set = (n >> bit & 1) != 0;
    const UnsignedWord shifted = bit == 4 ? UnsignedWord{} : v >> (1 << bit);
    v = (shifted & (UnsignedWord)set) | (v & ~(UnsignedWord)set);
  }
  return (Word)(v & (UnsignedWord)(n < 32));
}

inline int16_t saturated(int32_t v) {
  return static_cast<int16_t>(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

inline Word add_saturated(Word a, Word b) {
  Word out;
  for (size_t i = 0; i < kWords; ++i) out[i] = saturated(a[i] + b[i]);
  return out;
}

inline Word narrow_saturated(Dword low, Dword high) {
  Word out;
  for (size_t i = 0; i < kWords; ++i) out[i] = saturated(i < kDwords ? low[i] : high[i - kDwords]);
  return out;
}

inline Word pack_dwords(Dword a, Dword b) { return narrow_saturated(a, b); }

inline void unpack_words(Word v, UnsignedDword* a, UnsignedDword* b) {
  for (size_t i = 0; i < kDwords; ++i) {
    (*a)[i] = static_cast<uint16_t>(v[i]);
    (*b)[i] = static_cast<uint16_t>(v[kDwords + i]);
  }
}

inline Qword multiply_even(Dword a, Dword b) {
  Qword out;
  for (size_t i = 0; i < kDwords / 2; ++i) out[i] = int64_t{a[2 * i]} * b[2 * i];
  return out;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
inline Dword odd_dwords(Dword a) { return (Dword)((UnsignedQword)a >> 32); }

inline Dword even_and_odd(Qword even, Qword odd) {
  return (Dword)(((UnsignedQword)odd << 32) | ((UnsignedQword)even & 0xffffffffu));
}
#else
inline Dword odd_dwords(Dword a) { return (Dword)((UnsignedQword)a << 32); }

inline Dword even_and_odd(Qword even, Qword odd) {
  return (Dword)(((UnsignedQword)even << 32) | ((UnsignedQword)odd & 0xffffffffu));
}
#endif

inline UnsignedDword multiply_high(UnsignedDword a, UnsignedDword b) {
  UnsignedDword out;
  for (size_t i = 0; i < kDwords; ++i) out[i] = static_cast<uint32_t>(uint64_t{a[i]} * b[i] >> 32);
  return out;
}

// Not every instruction set shifts them arithmetically; the offset makes them nonnegative.
inline Qword shift_rounded(Qword value, int shift, int64_t half) {
  constexpr uint64_t kOffset = uint64_t{1} << 62;
  return (Qword)((((UnsignedQword)(value + half) + kOffset) >> shift) - (kOffset >> shift));
}

inline Dword sums_of_four(const Dword* v) {
  Dword sums;
  for (size_t i = 0; i < kDwords; ++i) {
    const Dword& four = v[i % 4];
    const size_t begin = i / 4 * 4;
    sums[i] = four[begin] + four[begin + 1] + four[begin + 2] + four[begin + 3];
  }
  return sums;
}

}  // namespace plain
}  // namespace
}  // namespace llmz::exact
