// SPDX-License-Identifier: Apache-2.0
// Step 4 of a layer. A part of cpu_kernels.cpp.
#pragma once

#include <algorithm>

#include "exact/cpu_kernels.h"
#include "exact/cpu_vector.h"

namespace llmz::exact {
namespace {

// The keys of a block of slots stand together, in it groups of kGroup dimensions of one slot, so
// that neighbouring slots have neighbouring sums. Their values: so many slots of one dimension
// stand together.
#if defined(__AVX512VNNI__)
constexpr size_t kValueGroup = 4;
typedef uint8_t Weight;
inline Dword load_values(const int8_t* p) { return load<Dword>(p); }
inline Dword add_values(Dword sum, Dword weights, Dword values) {
  return (Dword)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, (__m512i)values);
}
inline void store_weights(Weight* to, Word e) {
  const __m256i bytes = _mm512_cvtepi16_epi8((__m512i)e);
  std::memcpy(to, &bytes, sizeof bytes);
}
#else
constexpr size_t kValueGroup = 2;
typedef int16_t Weight;
inline Dword load_values(const int8_t* p) { return (Dword)load_widened(p); }
inline Dword add_values(Dword sum, Dword weights, Dword values) {
  return add_pairs(sum, (Word)weights, (Word)values);
}
inline void store_weights(Weight* to, Word e) { store(to, e); }
#endif
static_assert(kSlotBlock % kWords == 0 && kSlotBlock % kValueGroup == 0);

void store_key_value(const int8_t* key, const int8_t* value, size_t head_dim, size_t slot,
                     int8_t* keys, int8_t* values) {
  int8_t* k = keys + slot / kSlotBlock * kSlotBlock * head_dim + slot % kSlotBlock * kGroup;
  for (size_t i = 0; i < head_dim; i += kGroup, k += kGroup * kSlotBlock) {
    for (size_t g = 0; g < kGroup; ++g) k[g] = stored_byte(key[i + g]);
  }
  int8_t* v = values + slot / kValueGroup * kValueGroup * head_dim + slot % kValueGroup;
  for (size_t i = 0; i < head_dim; ++i) v[kValueGroup * i] = value[i];
}

// The blocks of slots that have something visible.
struct Slots {
  uint32_t first[kMaxSlots / kSlotBlock];  // of each block
  int16_t visible[kMaxSlots];              // of each slot of those blocks: all ones, or zero
  size_t blocks = 0;

  explicit Slots(const AttentionView& v) {
    for (size_t slot = 0; slot < v.capacity; slot += kSlotBlock) {
      const size_t age = (slot + v.capacity - v.first_slot) % v.capacity;
      if (age < v.visible || age + kSlotBlock > v.capacity)
        first[blocks++] = static_cast<uint32_t>(slot);
    }
    const int16_t capacity = static_cast<int16_t>(v.capacity),
                  count = static_cast<int16_t>(v.visible);
    for (size_t b = 0; b < blocks; ++b) {
      const int16_t begin = static_cast<int16_t>(first[b] - v.first_slot);
      for (int16_t i = 0; i < static_cast<int16_t>(kSlotBlock); ++i) {
        int16_t age = static_cast<int16_t>(begin + i);
        age = static_cast<int16_t>(age + (age < 0 ? capacity : 0));
        visible[b * kSlotBlock + static_cast<size_t>(i)] = age < count ? -1 : 0;
      }
    }
  }
};

constexpr int16_t kUnseen = -32768;  // the score of a slot that is not visible

// Of one block of slots, for kHeads heads: scores[head * stride + slot].
template <size_t kHeads>
void score_block(const AttentionView& v, size_t slot, const int16_t* visible, const Factor* q,
                 const int32_t* begin, int16_t* scores) {
  for (size_t part = 0; part < kSlotBlock; part += kWords) {
    Dword low[kHeads], high[kHeads];
    for (size_t h = 0; h < kHeads; ++h) low[h] = high[h] = Dword{} + begin[h];
    const int8_t* key = v.keys + slot * v.head_dim + part * kGroup;
    for (size_t i = 0; i < v.head_dim; i += kGroup, key += kGroup * kSlotBlock) {
      const Dword k_low = load_group(key), k_high = load_group(key + kGroup * kDwords);
      for (size_t h = 0; h < kHeads; ++h) {
        const Dword factors = broadcast_dword(q + h * v.head_dim + i);
        low[h] = add_group(low[h], k_low, factors);
        high[h] = add_group(high[h], k_high, factors);
      }
    }
    const Word seen = load<Word>(visible + part);
    for (size_t h = 0; h < kHeads; ++h) {
      const Word limit = Word{} - int16_t(32767);
      Word s = narrow_saturated(low[h], high[h]);
      s = s < limit ? limit : s;
      store(scores + h * v.capacity + part, (s & seen) | (~seen & kUnseen));
    }
  }
}

// Scores to weights; returns den.
int32_t weigh(const Slots& slots, uint32_t multiplier, const int16_t* scores, Weight* weights) {
  const size_t count = slots.blocks * kSlotBlock;
  Word largest = Word{} + kUnseen;
  for (size_t i = 0; i < count; i += kWords) {
    const Word s = load<Word>(scores + i);
    largest = s > largest ? s : largest;
  }
  const Word top = Word{} + largest_of(largest, kUnseen);
  // t = u * multiplier >> 11 as the high half of a product of words. What a word does not hold has
  // the weight 0.
  int up = 0;
  while (up < 5 && multiplier << (up + 1) <= 65535) ++up;
  const int left = 5 - up;
  // Named, because gcc with sanitizers takes the cast itself for an int.
  const auto factor_word = static_cast<int16_t>(multiplier << up);
  const auto most_word = static_cast<int16_t>(65535 >> left);
  const Word factor = Word{} + factor_word, most = Word{} + most_word;
  Dword den{};
  for (size_t i = 0; i < count; i += kWords) {
    const Word u = min_unsigned(top - load<Word>(scores + i), most) << left;
    const Word t = multiply_high(u, factor);
    const Word whole = (Word)((UnsignedWord)t >> 11);
    const Word g = exp2_fraction((t & 2047) << 4);
    Word e = (shift_right_each(g, whole + 1) + 32) >> 6;
    e = (e > 255 ? Word{} + 255 : e) & load<Word>(slots.visible + i);
    den = add_pairs(den, e, Word{} + 1);
    store_weights(weights + i, e);
  }
  return sum_of(den);
}

// acc[heads][vectors * kDwords] = sum over the listed slots of weight * value, from dimension d0
// on.
template <size_t kHeads, size_t kVectors>
void weigh_values(const AttentionView& v, const Slots& slots, const Weight* weights, size_t d0,
                  int32_t* out) {
  Dword acc[kHeads][kVectors] = {};
  for (size_t b = 0; b < slots.blocks; ++b) {
    const int8_t* value = v.values + slots.first[b] * v.head_dim + kValueGroup * d0;
    const Weight* weight = weights + b * kSlotBlock;
    for (size_t s = 0; s < kSlotBlock; s += kValueGroup, value += kValueGroup * v.head_dim) {
      Dword loaded[kVectors];
      for (size_t k = 0; k < kVectors; ++k)
        loaded[k] = load_values(value + k * kDwords * kValueGroup);
      for (size_t h = 0; h < kHeads; ++h) {
        const Dword w = broadcast_dword(weight + h * v.capacity + s);
        for (size_t k = 0; k < kVectors; ++k) acc[h][k] = add_values(acc[h][k], w, loaded[k]);
      }
    }
  }
  for (size_t h = 0; h < kHeads; ++h) {
    for (size_t k = 0; k < kVectors; ++k) store(out + h * v.head_dim + d0 + k * kDwords, acc[h][k]);
  }
}

// The heads from `head` on.
template <size_t kHeads>
void attend_group(const AttentionView& v, const Slots& slots, size_t head, const int8_t* queries,
                  AttentionScratch& scratch, int32_t* all_out) {
  const size_t d = v.head_dim;
  const int8_t* q = queries + head * d;
  int32_t begin[kHeads];
  for (size_t h = 0; h < kHeads; ++h) {
    int32_t sum = 0;
    for (size_t i = 0; i < d; ++i) sum += q[h * d + i];
    begin[h] = -kStoredOffset * sum;
  }
  alignas(64) Factor factors[kHeads * kMaxHeadDim];
  for (size_t i = 0; i < kHeads * d; ++i) factors[i] = q[i];
  for (size_t b = 0; b < slots.blocks; ++b) {
    score_block<kHeads>(v, slots.first[b], slots.visible + b * kSlotBlock, factors, begin,
                        scratch.scores + b * kSlotBlock);
  }
  Weight* weights = reinterpret_cast<Weight*>(scratch.weights);
  int32_t reciprocal[kHeads];
  for (size_t h = 0; h < kHeads; ++h) {
    const int32_t den = weigh(slots, v.multiplier[head + h], scratch.scores + h * v.capacity,
                              weights + h * v.capacity);
    reciprocal[h] = static_cast<int32_t>((int64_t{1} << 38) / den);
  }
  int32_t* out = all_out + head * d;
  size_t d0 = 0;
  for (; d0 + 4 * kDwords <= d; d0 += 4 * kDwords)
    weigh_values<kHeads, 4>(v, slots, weights, d0, out);
  for (; d0 < d; d0 += kDwords) weigh_values<kHeads, 1>(v, slots, weights, d0, out);
  constexpr int kShift = 28;
  for (size_t h = 0; h < kHeads; ++h) {
    for (size_t i = h * d; i < h * d + d; i += kDwords) {
      store(out + i,
            multiply_shift(load<Dword>(out + i), Dword{} + reciprocal[h], kShift, half_of(kShift)));
    }
  }
}

void attend(const AttentionView& v, const int8_t* q, AttentionScratch& scratch, int32_t* out) {
  const Slots slots(v);
  size_t h = 0;
  for (; h + kHeadGroup <= v.heads; h += kHeadGroup)
    attend_group<kHeadGroup>(v, slots, h, q, scratch, out);
  if (h < v.heads) attend_group<kHeadGroup / 2>(v, slots, h, q, scratch, out);
}

}  // namespace
}  // namespace llmz::exact
