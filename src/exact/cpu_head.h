// SPDX-License-Identifier: Apache-2.0
// The head: logits, frequencies, learning. A part of cpu_kernels.cpp.
#pragma once

#include <algorithm>

#include "exact/cpu_kernels.h"
#include "exact/cpu_stream.h"
#include "exact/cpu_vector.h"

namespace llmz::exact {
namespace {

// The view is [vocabulary / kTokenBlock][dim / kRun][kTokenBlock][kRun]: 128 bits of a vector of
// sums belong to one token, four of a token are added at the end. A change of a token's weights
// touches few lines of the cache.
constexpr size_t kTokenBlock = kDwords, kRun = 4 * kGroup;
constexpr size_t kLearnBlock = 16;  // tokens that are looked at together
// Tokens stand in the order in which four vectors become one of sums.
inline size_t place_of(size_t token) {
  const size_t t = token % kTokenBlock;
  return t % 4 * (kTokenBlock / 4) + t / 4;
}
inline size_t view_of(size_t token, size_t dim) {
  return token / kTokenBlock * kTokenBlock * dim + place_of(token) * kRun;
}

constexpr int kLogitShift = 15, kMasterShift = 8, kStepShift = 9;

// One block of tokens for kRows rows.
template <size_t kRows>
void logit_tile(const HeadView& head, size_t token, const Factor* h, const int32_t* begin,
                size_t stride, int32_t* out) {
  const size_t dim = head.dim;
  const int8_t* view = head.view + token * dim;
  Dword acc[kRows][4] = {};
  for (size_t i = 0; i < dim; i += kRun, view += kTokenBlock * kRun) {
    Dword w[4];
    for (size_t k = 0; k < 4; ++k) w[k] = load_group(view + k * kDwords * kGroup);
    for (size_t r = 0; r < kRows; ++r) {
      const Dword factors = broadcast_16_bytes(h + r * dim + i);
      for (size_t k = 0; k < 4; ++k) acc[r][k] = add_group(acc[r][k], w[k], factors);
    }
  }
  const Dword unit = load<Dword>(head.unit + token);
  for (size_t r = 0; r < kRows; ++r) {
    store(out + r * stride + token,
          multiply_shift(sums_of_four(acc[r]) + begin[r], unit, kLogitShift, half_of(kLogitShift)));
  }
}

void logits(const HeadView& head, const int8_t* hidden, size_t rows, size_t first, size_t end,
            size_t stride, int32_t* out) {
  constexpr size_t kRows = 16, kTile = kVectorBytes == 64 ? 4 : 2;  // as registers allow
  alignas(64) Factor factors[kRows * kMaxDim];
  int32_t begin[kRows];
  for (size_t row = 0; row < rows; row += kRows) {
    const size_t count = std::min(kRows, rows - row), dim = head.dim;
    for (size_t r = 0; r < count; ++r) {
      const int8_t* h = hidden + (row + r) * dim;
      int32_t sum = 0;
      for (size_t i = 0; i < dim; ++i) {
        factors[r * dim + i] = h[i];
        sum += h[i];
      }
      begin[r] = -kStoredOffset * sum;
    }
    int32_t* to = out + row * stride;
    for (size_t token = first; token < end; token += kTokenBlock) {
      size_t r = 0;
      for (; r + kTile <= count; r += kTile)
        logit_tile<kTile>(head, token, factors + r * dim, begin + r, stride, to + r * stride);
      for (; r < count; ++r)
        logit_tile<1>(head, token, factors + r * dim, begin + r, stride, to + r * stride);
    }
  }
}

// exp2_neg of the differences, with 26 fraction bits; the sum of all.
uint64_t powers_of(const int32_t* logits, int32_t top, size_t vocabulary, uint32_t* out) {
  const auto exponents = [&](size_t j) {
    const UnsignedDword u = (UnsignedDword)(Dword{} + top) - load<UnsignedDword>(logits + j);
    constexpr uint32_t kMost = (1u << 22) - 1;
    const UnsignedDword near = u < kMost ? u : UnsignedDword{} + kMost;
    return (Dword)(((near >> 4) * 5909u) >> 10);
  };
  const auto power = [](UnsignedDword g, Dword t) {
    const UnsignedDword whole = (UnsignedDword)(t >> 15);
    return (g << 11) >> (whole < 31u ? whole : UnsignedDword{} + 31u);
  };
  uint64_t sum = 0;
  constexpr size_t kPart = 32 * kDwords;  // whose sums fit 32 bits: a power is at most 2^26
  for (size_t begin = 0; begin < vocabulary; begin += kPart) {
    const size_t end = std::min(begin + kPart, vocabulary);
    UnsignedDword sums{};
    for (size_t j = begin; j < end; j += 2 * kDwords) {
      const bool both = j + 2 * kDwords <= end;
      const Dword t_low = exponents(j), t_high = both ? exponents(j + kDwords) : Dword{};
      UnsignedDword low, high;
      unpack_words(exp2_fraction(pack_dwords(t_low & 32767, t_high & 32767)), &low, &high);
      const UnsignedDword e_low = power(low, t_low);
      store(out + j, e_low);
      sums += e_low;
      if (!both) continue;
      const UnsignedDword e_high = power(high, t_high);
      store(out + j + kDwords, e_high);
      sums += e_high;
    }
    for (size_t i = 0; i < kDwords; ++i) sum += sums[i];
  }
  return sum;
}

void frequencies(const int32_t* logits, size_t tokens, uint32_t* out) {
  // What is beyond the last token has the smallest logit, and gets a frequency of 1.
  const size_t vocabulary = (tokens + kLearnBlock - 1) / kLearnBlock * kLearnBlock;
  Dword largest = Dword{} + INT32_MIN;
  for (size_t j = 0; j < vocabulary; j += kDwords) {
    const Dword l = load<Dword>(logits + j);
    largest = l > largest ? l : largest;
  }
  const int32_t top = largest_of(largest, INT32_MIN);
  size_t best = 0;
  while (logits[best] != top) ++best;
  constexpr uint64_t kTotal = 1 << 24;
  const uint64_t sum = powers_of(logits, top, vocabulary, out);
  const UnsignedDword factor =
      UnsignedDword{} + static_cast<uint32_t>(((kTotal - tokens) << 32) / sum);
  UnsignedDword given{};
  for (size_t j = 0; j < vocabulary; j += kDwords) {
    const UnsignedDword f = multiply_high(load<UnsignedDword>(out + j), factor) + 1u;
    store(out + j, f);
    given += f;
  }
  const uint32_t sum_given = static_cast<uint32_t>(sum_of((Dword)given));
  out[best] += static_cast<uint32_t>(kTotal + vocabulary - tokens) - sum_given;
}

// A block's start: weights with 8 bits more, which begin anywhere in the step that the view rounds.
void begin_head(const int8_t* weight, size_t first, size_t end, const HeadState& head) {
  for (size_t j = first; j < end; ++j) {
    int16_t* master = head.master + j * head.dim;
    int8_t* view = head.view + view_of(j, head.dim);
    for (size_t i = 0; i < head.dim; ++i) {
      const int8_t w = weight[j * head.dim + i];
      master[i] = static_cast<int16_t>(
          (w << kMasterShift) + head_dither(static_cast<uint32_t>(j), static_cast<uint32_t>(i)));
      view[i / kRun * kRun * kTokenBlock + i % kRun] = stored_byte(w);
    }
  }
}

struct RowStep {
  int32_t c;
  const int32_t* h;
};

// One token's weights. `view` has kTokenBlock * kRun bytes from run to run.
void learn_row(int16_t* master, int8_t* view, const RowStep* steps, size_t count, size_t dim) {
  for (size_t begin = 0; begin < dim; begin += kWords) {
    Dword low = Dword{} + (1 << (kStepShift - 1)), high = low;
    for (size_t s = 0; s < count; ++s) {
      const Word c = (Word)(Dword{} + (steps[s].c & 0xffff));
      low = add_pairs(low, load<Word>(steps[s].h + begin), c);
      high = add_pairs(high, load<Word>(steps[s].h + begin + kDwords), c);
    }
    const Word moved = add_saturated(load<Word>(master + begin),
                                     narrow_saturated(low >> kStepShift, high >> kStepShift));
    store(master + begin, moved);
    const Word rounded =
        add_saturated(moved, Word{} + int16_t(1 << (kMasterShift - 1))) >> kMasterShift;
    const Bytes2 bytes = __builtin_convertvector(rounded, Bytes2) ^ stored_byte(0);
    for (size_t i = 0; i < kWords; i += kRun) {
      std::memcpy(view, reinterpret_cast<const int8_t*>(&bytes) + i, kRun);
      view += kTokenBlock * kRun;
    }
  }
}

inline void prefetch_row(const int16_t* row, size_t dim) {
  for (size_t i = 0; i < dim; i += 32) __builtin_prefetch(row + i, 1);
}

// Bit j is set where token j of the block learns.
uint32_t learners(const uint32_t* f, uint32_t threshold) {
#if defined(__AVX512BW__)
  return _mm512_cmpge_epu32_mask(load<__m512i>(f),
                                 _mm512_set1_epi32(static_cast<int32_t>(threshold)));
#else
  uint32_t mask = 0;
  for (uint32_t j = 0; j < kLearnBlock; ++j) mask |= (f[j] >= threshold ? 1u : 0u) << j;
  return mask;
#endif
}

// What a lane adds to token j, times h: 0 where it learns nothing.
inline int32_t step_of(const LearnStep& step, const HeadState& head, size_t row, size_t j) {
  const int64_t g = (j == step.tokens[row] ? int64_t{1} << 24 : 0) -
                    int64_t{step.frequencies[row * step.vocabulary + j]};
  const int64_t threshold = step.threshold;
  if (g < threshold && -g < threshold) return 0;
  const int64_t c = round_shift(g * int64_t{step.rate}, 24, int64_t{1} << 23);
  return clamp(round_shift(c * head.inverse_unit[j], 16, int64_t{1} << 15), 32767);
}

// All lanes that change a row do so in one pass over it: the rows are many and memory is slow.
void learn(const LearnStep& step, const HeadState& head, size_t begin, size_t end) {
  const size_t dim = head.dim;
  alignas(64) int32_t h[kLearnGroup * kMaxDim];
  for (size_t i = 0; i < step.rows * dim; ++i) h[i] = step.h[i];
  for (size_t block = begin; block < end; block += kLearnBlock) {
    uint32_t masks[kLearnGroup], any = 0;
    for (size_t r = 0; r < step.rows; ++r) {
      masks[r] = learners(step.frequencies + r * step.vocabulary + block, step.threshold);
      if (step.tokens[r] - block < kLearnBlock) masks[r] |= 1u << (step.tokens[r] - block);
      any |= masks[r];
    }
    for (; any != 0; any &= any - 1) {
      const uint32_t bit = static_cast<uint32_t>(__builtin_ctz(any));
      const size_t j = block + bit;
      if (const uint32_t later = any & (any - 1))
        prefetch_row(head.master + (block + static_cast<uint32_t>(__builtin_ctz(later))) * dim,
                     dim);
      RowStep steps[kLearnGroup];
      size_t count = 0;
      for (size_t r = 0; r < step.rows; ++r) {
        if ((masks[r] >> bit & 1) == 0) continue;
        const int32_t c = step_of(step, head, r, j);
        if (c != 0) steps[count++] = {c, h + r * dim};
      }
      if (count > 0)
        learn_row(head.master + j * dim, head.view + view_of(j, dim), steps, count, dim);
    }
  }
}

}  // namespace
}  // namespace llmz::exact
