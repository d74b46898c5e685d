// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with LLMZ_KERNELS naming the result.
#include "exact/cpu_kernels.h"

#include <algorithm>
#include <cstring>

#include "exact/cpu_vector.h"

namespace llmz::exact {
namespace {

// round_shift in 64 bits. The offset makes the value nonnegative, because not every instruction set
// shifts 64 bits arithmetically.
inline int64_t round_shift(int64_t value, int shift, int64_t half) {
  constexpr uint64_t kOffset = uint64_t{1} << 62;
  return static_cast<int64_t>((static_cast<uint64_t>(value + half) + kOffset) >> shift) -
         static_cast<int64_t>(kOffset >> shift);
}

inline int64_t half_of(int shift) { return shift > 0 ? int64_t{1} << (shift - 1) : 0; }

constexpr int32_t kResidualLimit = (1 << 27) - 1;

inline int32_t clamp(int64_t v, int32_t limit) {
  return static_cast<int32_t>(std::min<int64_t>(std::max<int64_t>(v, -limit), limit));
}

void requantize(const int32_t* sum, const int32_t* correction, const int32_t* multiplier, int shift,
                int32_t limit, size_t n, int32_t* out) {
  const int64_t half = half_of(shift);
  for (size_t j = 0; j < n; ++j) {
    out[j] = clamp(
        round_shift(static_cast<int64_t>(sum[j] - correction[j]) * multiplier[j], shift, half),
        limit);
  }
}

void requantize_add(const int32_t* sum, const int32_t* correction, const int32_t* multiplier,
                    int shift, size_t n, int32_t* x) {
  const int64_t half = half_of(shift);
  for (size_t j = 0; j < n; ++j) {
    int32_t y = clamp(
        round_shift(static_cast<int64_t>(sum[j] - correction[j]) * multiplier[j], shift, half),
        kResidualLimit);
    x[j] = std::min(std::max(x[j] + y, -kResidualLimit), kResidualLimit);
  }
}

void embed(const int8_t* a, int32_t a_multiplier, const int8_t* b, int32_t b_multiplier, size_t n,
           int32_t* x) {
  for (size_t i = 0; i < n; ++i) {
    x[i] =
        clamp(static_cast<int64_t>(a[i]) * a_multiplier + static_cast<int64_t>(b[i]) * b_multiplier,
              kResidualLimit);
  }
}

// 64-bit products of 32-bit factors, which every instruction set has.
template <bool kPairs>
void mix_stream_of(const StreamMix& m, size_t n, int32_t* x) {
  constexpr int kBits = 14;
  const int32_t a = m.stream_scalar, b = m.embedding_scalar, c = m.pair_scalar;
  for (size_t i = 0; i < n; ++i) {
    int64_t sum = static_cast<int64_t>(x[i]) * a + static_cast<int64_t>(m.embedding[i]) * b;
    if (kPairs) sum += static_cast<int64_t>(m.pair[i] * m.pair_multiplier) * c;
    x[i] = clamp(round_shift(sum, kBits, half_of(kBits)), kResidualLimit);
  }
}

void mix_stream(const StreamMix& m, size_t n, int32_t* x) {
  m.pair != nullptr ? mix_stream_of<true>(m, n, x) : mix_stream_of<false>(m, n, x);
}

// Both parts are below 2^27.
void add_row(const int8_t* weight, int32_t multiplier, size_t n, int32_t* v) {
  for (size_t i = 0; i < n; ++i)
    v[i] = std::min(std::max(v[i] + weight[i] * multiplier, -kResidualLimit), kResidualLimit);
}

void norm(const int32_t* x, size_t n, NormSettings settings, int32_t* y) {
  uint64_t squares = 0;
  for (size_t i = 0; i < n; ++i)
    squares += static_cast<uint64_t>(static_cast<int64_t>(x[i]) * x[i]);
  const uint64_t root = std::max<uint64_t>(isqrt(squares), 1);
  const int bits = 64 - __builtin_clzll(root);
  const int32_t inverse = static_cast<int32_t>((settings.constant << bits) / root);
  const int shift = settings.shift + bits;
  const int64_t half = half_of(shift);
  for (size_t i = 0; i < n; ++i) {
    y[i] = static_cast<int32_t>(round_shift(static_cast<int64_t>(x[i]) * inverse, shift, half));
  }
}

void narrow_signed(const int32_t* y, size_t n, int8_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<int8_t>(std::min(std::max(y[i], -127), 127));
}

void narrow_biased(const int32_t* y, size_t n, uint8_t* out) {
  for (size_t i = 0; i < n; ++i)
    out[i] = static_cast<uint8_t>(std::min(std::max(y[i], -127), 127) + 128);
}

void narrow_unsigned(const int32_t* y, size_t n, uint8_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(std::min(y[i], 255));
}

void relu2(const int32_t* z, size_t n, int32_t* r) {
  for (size_t i = 0; i < n; ++i) {
    int32_t v = std::max(z[i], 0);
    r[i] = static_cast<int32_t>(static_cast<uint32_t>(v * v) >> 6);
  }
}

void rotate(const int32_t* y, const int16_t* cosine, const int16_t* sine, size_t n, int8_t* out) {
  const size_t half = n / 2;
  for (size_t i = 0; i < half; ++i) {
    const int32_t a = y[i], b = y[i + half], c = cosine[i], s = sine[i];
    const int32_t ra = (a * c - b * s + (1 << 19)) >> 20, rb = (b * c + a * s + (1 << 19)) >> 20;
    out[i] = static_cast<int8_t>(std::min(std::max(ra, -127), 127));
    out[i + half] = static_cast<int8_t>(std::min(std::max(rb, -127), 127));
  }
}

// exp2_neg: the fraction's power, 15 bits; the caller shifts by the whole part.
inline int32_t exp2_fraction(int32_t t) {
  const int32_t f = t & 32767;
  int32_t g = 224;
  g = -1745 + ((g * f) >> 15);
  g = 7848 + ((g * f) >> 15);
  g = -22711 + ((g * f) >> 15);
  return 32768 + ((g * f) >> 15);
}

template <size_t kHeads>
void score_block(const AttentionView& v, size_t slot, const int16_t* q, int32_t* scores,
                 size_t stride) {
  const size_t d = v.head_dim;
  for (size_t part = slot; part < slot + kSlotBlock; part += kDwords) {
    Dword sum[kHeads] = {};
    for (size_t i = 0; i < d; i += 2) {
      const Word key = load_widened(v.keys + (i / 2 * v.capacity + part) * 2);
      for (size_t h = 0; h < kHeads; ++h)
        sum[h] = add_pairs(sum[h], key, broadcast_pair(q + h * d + i));
    }
    for (size_t h = 0; h < kHeads; ++h)
      std::memcpy(scores + h * stride + (part - slot), &sum[h], sizeof sum[h]);
  }
}

// acc[heads][vectors * kDwords] = sum over the listed slots of e * value, starting at dimension
// `d0`.
template <size_t kHeads, size_t kVectors>
void weigh_values(const AttentionView& v, const uint32_t* slots, size_t blocks, const int16_t* e,
                  size_t stride, size_t d0, int32_t* out) {
  Dword acc[kHeads][kVectors] = {};
  for (size_t b = 0; b < blocks; ++b) {
    for (size_t pair = 0; pair < kSlotBlock; pair += 2) {
      const int8_t* value = v.values + ((slots[b] + pair) * v.head_dim + 2 * d0);
      const int16_t* weight = e + b * kSlotBlock + pair;
      Word loaded[kVectors];
      for (size_t k = 0; k < kVectors; ++k) loaded[k] = load_widened(value + k * kWords);
      for (size_t h = 0; h < kHeads; ++h) {
        const Word w = broadcast_pair(weight + h * stride);
        for (size_t k = 0; k < kVectors; ++k) acc[h][k] = add_pairs(acc[h][k], loaded[k], w);
      }
    }
  }
  for (size_t h = 0; h < kHeads; ++h) {
    for (size_t k = 0; k < kVectors; ++k)
      std::memcpy(out + h * v.head_dim + d0 + k * kDwords, &acc[h][k], sizeof(Dword));
  }
}

// The blocks of slots that have something visible.
struct Slots {
  uint32_t first[kMaxSlots / kSlotBlock];  // of each block
  int32_t visible[kMaxSlots];              // of each slot of those blocks: all ones, or zero
  size_t blocks = 0;

  explicit Slots(const AttentionView& v) {
    for (size_t slot = 0; slot < v.capacity; slot += kSlotBlock) {
      const size_t age = (slot + v.capacity - v.first_slot) % v.capacity;
      if (age < v.visible || age + kSlotBlock > v.capacity)
        first[blocks++] = static_cast<uint32_t>(slot);
    }
    const int32_t capacity = static_cast<int32_t>(v.capacity),
                  oldest = static_cast<int32_t>(v.first_slot),
                  count = static_cast<int32_t>(v.visible);
    for (size_t b = 0; b < blocks; ++b) {
      for (size_t i = 0; i < kSlotBlock; ++i) {
        int32_t age = static_cast<int32_t>(first[b] + i) - oldest;
        age += age < 0 ? capacity : 0;
        visible[b * kSlotBlock + i] = age < count ? -1 : 0;
      }
    }
  }
};

// Slots outside the visible range have no weight. Returns den.
int32_t exponents(const Slots& slots, int32_t multiplier, int32_t shift, const int32_t* scores,
                  int16_t* e) {
  const size_t count = slots.blocks * kSlotBlock;
  int32_t top = INT32_MIN;
  for (size_t i = 0; i < count; ++i) top = std::max(top, slots.visible[i] ? scores[i] : INT32_MIN);
  int32_t den = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t u = std::min(std::max(top - scores[i], 0), 65535);
    const int32_t t = (u * multiplier) >> 7;
    const int32_t value = exp2_fraction(t) >> std::min((t >> 15) + shift, 31);
    const int32_t weight = value & slots.visible[i];
    e[i] = static_cast<int16_t>(weight);
    den += weight;
  }
  return den;
}

// The heads from `head` on.
template <size_t kHeads>
void attend_group(const AttentionView& v, const Slots& slots, size_t head, const int16_t* queries,
                  int32_t* scratch, int32_t* all_out) {
  const int16_t* q = queries + head * v.head_dim;
  int32_t* out = all_out + head * v.head_dim;
  const size_t stride = v.capacity;
  int32_t* scores = scratch;
  int16_t* e = reinterpret_cast<int16_t*>(scratch + kHeads * stride);
  for (size_t b = 0; b < slots.blocks; ++b)
    score_block<kHeads>(v, slots.first[b], q, scores + b * kSlotBlock, stride);
  int64_t reciprocal[kHeads];
  for (size_t k = 0; k < kHeads; ++k) {
    const int32_t den =
        exponents(slots, static_cast<int32_t>(v.multiplier[head + k]),
                  static_cast<int32_t>(v.shift), scores + k * stride, e + k * stride);
    reciprocal[k] = (int64_t{1} << 40) / den;
  }
  size_t d0 = 0;
  for (; d0 + 4 * kDwords <= v.head_dim; d0 += 4 * kDwords)
    weigh_values<kHeads, 4>(v, slots.first, slots.blocks, e, stride, d0, out);
  for (; d0 < v.head_dim; d0 += kDwords)
    weigh_values<kHeads, 1>(v, slots.first, slots.blocks, e, stride, d0, out);
  for (size_t k = 0; k < kHeads; ++k) {
    for (size_t i = 0; i < v.head_dim; ++i) {
      int32_t& o = out[k * v.head_dim + i];
      o = static_cast<int32_t>(round_shift(o * reciprocal[k], 30, int64_t{1} << 29));
    }
  }
}

void attend(const AttentionView& v, const int16_t* q, int32_t* scratch, int32_t* out) {
  const Slots slots(v);
  size_t h = 0;
  for (; h + kHeadGroup <= v.heads; h += kHeadGroup)
    attend_group<kHeadGroup>(v, slots, h, q, scratch, out);
  if (h < v.heads) attend_group<kHeadGroup / 2>(v, slots, h, q, scratch, out);
}

template <size_t kRows>
void logits_of(const int16_t* weight, const int16_t* h, size_t tokens, size_t dim, size_t stride,
               int32_t* out) {
  // Sixteen sums at a time where there are registers for them.
  constexpr size_t kTokens = kVectorBytes == 64 ? 16 / kRows : 4;
  for (size_t j = 0; j < tokens; j += kTokens, weight += kTokens * dim) {
    Dword acc[kRows * kTokens] = {};
    for (size_t i = 0; i < dim; i += kWords) {
      Word loaded[kRows];
      for (size_t r = 0; r < kRows; ++r) loaded[r] = load<Word>(h + r * dim + i);
      for (size_t t = 0; t < kTokens; ++t) {
        const Word w = load<Word>(weight + t * dim + i);
        for (size_t r = 0; r < kRows; ++r) {
          Dword& sum = acc[r * kTokens + t];
          sum = add_pairs(sum, w, loaded[r]);
        }
      }
    }
    int32_t sums[kRows * kTokens];
    sums_of<kRows * kTokens>(acc, sums);
    for (size_t r = 0; r < kRows; ++r)
      std::copy_n(sums + r * kTokens, kTokens, out + r * stride + j);
  }
}

void logits(const int16_t* weight, const int16_t* h, size_t rows, size_t tokens, size_t dim,
            size_t stride, int32_t* out) {
  // A part of the weights that stays in the nearest cache while all rows use it.
  constexpr size_t kPart = 32;
  for (size_t j = 0; j < tokens; j += kPart) {
    const size_t count = std::min(kPart, tokens - j);
    const int16_t* w = weight + j * dim;
    size_t r = 0;
    for (; r + 4 <= rows; r += 4)
      logits_of<4>(w, h + r * dim, count, dim, stride, out + r * stride + j);
    for (; r + 2 <= rows; r += 2)
      logits_of<2>(w, h + r * dim, count, dim, stride, out + r * stride + j);
    for (; r < rows; ++r) logits_of<1>(w, h + r * dim, count, dim, stride, out + r * stride + j);
  }
}

void frequencies(int32_t* logits, size_t vocabulary, uint32_t* out) {
  int32_t top = INT32_MIN;
  for (size_t j = 0; j < vocabulary; ++j) top = std::max(top, logits[j]);
  size_t best = 0;
  while (logits[best] != top) ++best;
  uint64_t sum = 0;
  for (size_t j = 0; j < vocabulary; ++j) {
    const uint32_t u =
        std::min(static_cast<uint32_t>(top) - static_cast<uint32_t>(logits[j]), (1u << 22) - 1);
    const int32_t t = static_cast<int32_t>(((u >> 4) * 5909) >> 10);
    const uint32_t e = static_cast<uint32_t>(exp2_fraction(t) << 11) >> std::min(t >> 15, 31);
    out[j] = e;
    sum += e;
  }
  constexpr uint64_t kTotal = 1 << 24;
  const uint64_t reciprocal = ((kTotal - vocabulary) << 32) / sum;
  const uint32_t factor = static_cast<uint32_t>(reciprocal);
  uint32_t given = 0;
  for (size_t j = 0; j < vocabulary; ++j) {
    const uint32_t f = 1 + static_cast<uint32_t>((static_cast<uint64_t>(out[j]) * factor) >> 32);
    out[j] = f;
    given += f;
  }
  out[best] += static_cast<uint32_t>(kTotal) - given;
}

struct RowStep {
  int32_t c;
  const int32_t* h;
};

void learn_row(int32_t* master, int16_t* view, const RowStep* steps, size_t count, size_t dim) {
  constexpr int32_t kLimit = 32767 * 32768;
  for (size_t begin = 0; begin < dim; begin += kDwords) {
    Dword m = load<Dword>(master + begin);
    for (size_t s = 0; s < count; ++s) m += load<Dword>(steps[s].h + begin) * steps[s].c;
    m = m > kLimit ? Dword{} + kLimit : m;
    m = m < -kLimit ? Dword{} - kLimit : m;
    std::memcpy(master + begin, &m, sizeof m);
  }
  for (size_t i = 0; i < dim; ++i)
    view[i] = static_cast<int16_t>(std::min((master[i] + (1 << 14)) >> 15, 32767));
}

void prefetch_row(const int32_t* row, size_t dim) {
  for (size_t i = 0; i < dim; i += 16) __builtin_prefetch(row + i, 1);
}

// Bit j is set where token j of the block learns.
uint32_t learners(const uint32_t* f, uint32_t threshold) {
#if defined(__AVX512BW__)
  return _mm512_cmpge_epu32_mask(load<__m512i>(f),
                                 _mm512_set1_epi32(static_cast<int32_t>(threshold)));
#else
  uint32_t mask = 0;
  for (uint32_t j = 0; j < 16; ++j) mask |= (f[j] >= threshold ? 1u : 0u) << j;
  return mask;
#endif
}

// All lanes that change a row do so in one pass over it: the rows are many and memory is slow.
void learn(const LearnStep& step, int32_t* master, int16_t* view, size_t begin, size_t end) {
  alignas(64) int32_t h[kLearnGroup * kMaxDim];
  for (size_t i = 0; i < step.rows * step.dim; ++i) h[i] = step.h[i];
  for (size_t block = begin; block < end; block += 16) {
    uint32_t masks[kLearnGroup], any = 0;
    for (size_t r = 0; r < step.rows; ++r) {
      masks[r] = learners(step.frequencies + r * step.vocabulary + block, step.threshold);
      if (step.tokens[r] - block < 16) masks[r] |= 1u << (step.tokens[r] - block);
      any |= masks[r];
    }
    for (; any != 0; any &= any - 1) {
      const uint32_t bit = static_cast<uint32_t>(__builtin_ctz(any));
      const size_t j = block + bit;
      if (const uint32_t later = any & (any - 1))
        prefetch_row(master + (block + static_cast<uint32_t>(__builtin_ctz(later))) * step.dim,
                     step.dim);
      RowStep steps[kLearnGroup];
      size_t count = 0;
      for (size_t r = 0; r < step.rows; ++r) {
        if ((masks[r] >> bit & 1) == 0) continue;
        const int64_t g = (j == step.tokens[r] ? int64_t{1} << 24 : 0) -
                          int64_t{step.frequencies[r * step.vocabulary + j]};
        if (g < static_cast<int64_t>(step.threshold) && -g < static_cast<int64_t>(step.threshold))
          continue;
        const int32_t c = static_cast<int32_t>(
            round_shift(g * static_cast<int64_t>(step.rate), 24, int64_t{1} << 23));
        steps[count++] = {c, h + r * step.dim};
      }
      if (count > 0) learn_row(master + j * step.dim, view + j * step.dim, steps, count, step.dim);
    }
  }
}

}  // namespace

extern const CpuKernels LLMZ_KERNELS;
const CpuKernels LLMZ_KERNELS = {
    LLMZ_KERNELS_NAME, requantize,    requantize_add,  embed, mix_stream, add_row, norm,
    narrow_signed,     narrow_biased, narrow_unsigned, relu2, rotate,     attend,  logits,
    frequencies,       learn};

}  // namespace llmz::exact
