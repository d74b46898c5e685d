// SPDX-License-Identifier: Apache-2.0
// Products of 8 with 16 bits, exact in 32 and then 64 bits. A part of imported_loops.cpp.
#pragma once

#include <algorithm>

#include "exact/cpu_vector.h"
#include "exact/imported_loops.h"

namespace llmz::exact {
namespace {

constexpr size_t kBlock = kDwords;  // rows
static_assert(kWideRows % kBlock == 0);
constexpr size_t kMost = kVectorBytes == 64 ? 6 : 2;  // at once, as registers allow
// So many columns fit the 32 bits of a sum: it gets two products of a run.
constexpr size_t kMostColumns = 2048;
static_assert(kMostColumns / kWideRun * 2 * (127 * 32767) < int64_t{1} << 31);

inline Word load_words(const int8_t* p) { return load_widened(p); }
inline Word load_words(const int16_t* p) { return load<Word>(p); }

// Weights come from afar, and faster when they are asked for before.
template <class Weight>
inline void prefetch(const Weight* w) {
  constexpr size_t kAheadBytes = 8192, kLineBytes = 64;
  const char* ahead = reinterpret_cast<const char*>(w) + kAheadBytes;
  for (size_t line = 0; line < kBlock * kWideRun * sizeof(Weight); line += kLineBytes)
    __builtin_prefetch(ahead + line, 0, 2);
}

// One block of rows times kCount vectors [columns]; sink(vector, high, low) gets the sums as
// high * 2^16 + low.
template <size_t kCount, class Weight, class Sink>
inline void multiply_block(const Weight* w, const int16_t* a, size_t columns, const Sink& sink) {
  Dword high[kCount] = {}, low[kCount] = {};
  for (size_t begin = 0; begin < columns; begin += kMostColumns) {
    const size_t end = std::min(begin + kMostColumns, columns);
    Dword sums[kCount][4] = {};
    for (size_t i = begin; i < end; i += kWideRun, w += kBlock * kWideRun) {
      Word rows[4];
      for (size_t k = 0; k < 4; ++k) rows[k] = load_words(w + k * kWords);
      prefetch(w);
      for (size_t v = 0; v < kCount; ++v) {
        const Word factors = (Word)broadcast_16_bytes(a + v * columns + i);
        for (size_t k = 0; k < 4; ++k) sums[v][k] = add_pairs(sums[v][k], rows[k], factors);
      }
    }
    for (size_t v = 0; v < kCount; ++v) {
      Dword above[4], below[4];
      for (size_t k = 0; k < 4; ++k) {
        above[k] = sums[v][k] >> 16;
        below[k] = sums[v][k] & 0xffff;
      }
      high[v] += sums_of_four(above);
      low[v] += sums_of_four(below);
    }
  }
  for (size_t v = 0; v < kCount; ++v) sink(v, high[v], low[v]);
}

template <class Weight, class Sink>
inline void multiply_all(const Weight* w, const int16_t* a, size_t count, size_t columns,
                         const Sink& sink) {
  size_t v = 0;
  const auto from = [&](size_t i, Dword high, Dword low) { sink(v + i, high, low); };
  // Eight, as the lanes of a group are, are twice four.
  for (; v + kMost <= count && count - v != 8; v += kMost)
    multiply_block<kMost>(w, a + v * columns, columns, from);
  if constexpr (kMost > 4) {
    for (; v + 4 <= count; v += 4) multiply_block<4>(w, a + v * columns, columns, from);
  }
  for (; v + 2 <= count; v += 2) multiply_block<2>(w, a + v * columns, columns, from);
  if (v < count) multiply_block<1>(w, a + v * columns, columns, from);
}

inline void whole_sums(Dword high, Dword low, int64_t* sums) {
  alignas(64) int32_t above[kBlock], below[kBlock];
  store(above, high);
  store(below, low);
  for (size_t i = 0; i < kBlock; ++i) sums[i] = int64_t{above[i]} * 65536 + below[i];
}

void linear(const WideView& m, const FittedView& in, size_t first, size_t end, int64_t* out,
            size_t stride) {
  for (size_t row = first; row < end; row += kBlock) {
    const auto finish = [&](size_t v, Dword high, Dword low) {
      alignas(64) int64_t sums[kBlock];
      whole_sums(high, low, sums);
      const int shift = m.shift - in.p[v];
      const int64_t half = half_of(shift), limit = m.limit;
      const int64_t* multiplier = m.multiplier + row;
      for (size_t i = 0; i < kBlock; ++i) sums[i] *= multiplier[i];
      if (m.bias)
        for (size_t i = 0; i < kBlock; ++i) sums[i] += m.bias[row + i] >> in.p[v];
      int64_t* to = out + v * stride + row;
      for (size_t i = 0; i < kBlock; ++i)
        to[i] = std::clamp((sums[i] + half) >> shift, -limit, limit);
    };
    multiply_all(m.weight + row * m.columns, in.a, in.count, m.columns, finish);
  }
}

void logits(const int16_t* view, size_t columns, const int16_t* h, size_t count, size_t first,
            size_t end, int32_t* out, size_t stride) {
  for (size_t row = first; row < end; row += kBlock) {
    const auto finish = [&](size_t v, Dword high, Dword low) {
      alignas(64) int64_t sums[kBlock];
      whole_sums(high, low, sums);
      constexpr int64_t kLimit = INT32_MAX;
      int32_t* to = out + v * stride + row;
      for (size_t i = 0; i < kBlock; ++i)
        to[i] = static_cast<int32_t>(std::clamp(sums[i], -kLimit, kLimit));
    };
    multiply_all(view + row * columns, h, count, columns, finish);
  }
}

}  // namespace
}  // namespace llmz::exact
