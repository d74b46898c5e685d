// SPDX-License-Identifier: Apache-2.0
// The integer loops of the cpu engine. One source is compiled for several instruction sets; every
// build of it gives the same integers, so the choice is one of speed only. Names and numbers are
// those of docs/exact-arithmetic.md.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "exact/model_config.h"

namespace llmz::exact {

// Slots of a ring are handled in blocks of this many; ring capacities are multiples of it.
constexpr size_t kSlotBlock = 32;
constexpr size_t kMaxSlots = kMaxWindow + 64;  // of a ring
static_assert(kMaxSlots % kSlotBlock == 0);
constexpr size_t kMaxHeadDim = 128;
// Heads are taken so many at a time; half of them may be left.
constexpr size_t kHeadGroup = 4;

struct NormSettings {
  uint64_t constant;  // C of the document
  int shift;          // s of the document
};

// What turns sums of products into linear()'s outputs.
struct Rescale {
  const int32_t* correction;  // which the sums have too much
  const int32_t* multiplier;
  int shift;
  bool fits;  // no output leaves 32 bits before it is limited
};

// The keys and values of one lane and layer, [head_dim * capacity] each, as store_key_value of the
// same kernels arranges them. Slot = position mod capacity.
struct AttentionView {
  const int8_t* keys;
  const int8_t* values;
  size_t capacity;  // at most kMaxSlots
  size_t head_dim;
  size_t heads;                // padded to an even number
  size_t first_slot;           // of the oldest visible key
  size_t visible;              // number of visible keys
  const uint32_t* multiplier;  // [heads]
};

// Room for kHeadGroup heads of a ring.
struct AttentionScratch {
  alignas(64) int16_t scores[kHeadGroup * kMaxSlots];
  alignas(64) int16_t weights[kHeadGroup * kMaxSlots];
};

// What a layer adds up (LayerScalars). `pair` is null where there are no pairs.
struct StreamMix {
  const int32_t* embedding;
  const int8_t* pair;
  int32_t pair_multiplier;
  int32_t stream_scalar, embedding_scalar, pair_scalar;
};

constexpr size_t kLearnGroup = 16;
constexpr size_t kMaxDim = 512;

// The head's weights: 16 bits that learn, and 8 bits of them for the logits, in the kernels' own
// order.
struct HeadView {
  const int8_t* view;   // [vocabulary][dim]
  const int32_t* unit;  // [vocabulary]
  size_t dim;
};
struct HeadState {
  int16_t* master;              // [vocabulary][dim]
  int8_t* view;                 // of HeadView
  const int32_t* inverse_unit;  // [vocabulary]
  size_t dim;
};

// What a weight has beyond its 8 bits at a block's start, -128 .. 127.
inline int32_t head_dither(uint32_t token, uint32_t dimension) {
  return static_cast<int32_t>((token * 2654435761u + dimension * 2246822519u) >> 24) - 128;
}

struct LearnStep {
  const int8_t* h;              // [rows][dim]
  const uint32_t* frequencies;  // [rows][vocabulary]
  const uint32_t* tokens;       // [rows]
  size_t rows, vocabulary;
  uint32_t rate, threshold;
};

// Vectors have a multiple of 16 elements. Rows stand one behind the other.
struct CpuKernels {
  const char* name;
  // out[j] = linear(), limited to +-limit. In place, too.
  void (*requantize)(const Rescale& rescale, const int32_t* sum, int32_t limit, size_t n,
                     int32_t* out);
  // x[j] = clamp(x[j] + linear()).
  void (*requantize_add)(const Rescale& rescale, const int32_t* sum, size_t n, int32_t* x);
  void (*embed)(const int8_t* a, int32_t a_multiplier, const int8_t* b, int32_t b_multiplier,
                size_t n, int32_t* x);
  // Step 0 of a layer.
  void (*mix_stream)(const StreamMix& mix, size_t n, int32_t* x);
  // v[i] = clamp(v[i] + weight[i] * multiplier).
  void (*add_row)(const int8_t* weight, int32_t multiplier, size_t n, int32_t* v);
  void (*norm)(const int32_t* x, size_t rows, size_t n, NormSettings settings, int32_t* y);
  // norm, limited to +-127 as int8, and as the products want it: u8 with zero point 128; or to 255.
  void (*norm_signed)(const int32_t* x, size_t rows, size_t n, NormSettings settings, int8_t* y);
  void (*norm_biased)(const int32_t* x, size_t rows, size_t n, NormSettings settings, uint8_t* y);
  void (*norm_unsigned)(const int32_t* x, size_t rows, size_t n, NormSettings settings, uint8_t* y);
  // z within 16 bits. In place, too.
  void (*relu2)(const int32_t* z, size_t n, int32_t* r);
  // y[n] from norm(.., 1024, 16) -> int8[n]. turn: rotation_pairs() of each i < n / 2.
  void (*rotate)(const int32_t* y, const int32_t* turn, size_t n, int8_t* out);
  void (*store_key_value)(const int8_t* key, const int8_t* value, size_t head_dim, size_t slot,
                          int8_t* keys, int8_t* values);
  // q: [heads][head_dim]; out: int32 [heads][head_dim].
  void (*attend)(const AttentionView& view, const int8_t* q, AttentionScratch& scratch,
                 int32_t* out);
  // out[row * stride + j] for the tokens first .. end (multiples of 16) and `rows` of h.
  void (*logits)(const HeadView& head, const int8_t* h, size_t rows, size_t first, size_t end,
                 size_t stride, int32_t* out);
  // Frequencies from logits, in place, too. Both have room for a multiple of 16; what there is
  // beyond the vocabulary is INT32_MIN.
  void (*frequencies)(const int32_t* logits, size_t vocabulary, uint32_t* out);
  // The weights of tokens first .. end as they are at a block's start.
  void (*begin_head)(const int8_t* weight, size_t first, size_t end, const HeadState& head);
  // Tokens begin .. end (multiples of 16) of the learning step for one group of at most kLearnGroup
  // lanes.
  void (*learn)(const LearnStep& step, const HeadState& head, size_t begin, size_t end);
};

// Two factors for the two words (y[i], y[i + n/2]) each, which give out[i] and out[i + n/2].
inline void rotation_pairs(int16_t cosine, int16_t sine, int32_t* first, int32_t* second) {
  const auto pair = [](int32_t low, int32_t high) {
    return static_cast<int32_t>((static_cast<uint32_t>(low) & 0xffff) | static_cast<uint32_t>(high)
                                                                            << 16);
  };
  *first = pair(cosine, -sine);
  *second = pair(sine, cosine);
}

// The builds of cpu_kernels.cpp.
extern const CpuKernels kBaselineKernels;
#if defined(__x86_64__)
extern const CpuKernels kAvx2Kernels, kAvx512Kernels, kAvx512VnniKernels;
#endif

// The fastest set that this processor has. LLMZ_CPU=baseline|avx2|avx512 in the environment asks
// for a lower one (for tests).
const CpuKernels& cpu_kernels();

// The floating-point root is only a first guess; the loops make it exact.
inline uint64_t isqrt(uint64_t value) {
  uint64_t root = static_cast<uint64_t>(std::sqrt(static_cast<double>(value)));
  constexpr uint64_t kLargest = 4294967295u;
  if (root > kLargest) root = kLargest;
  while (root * root > value) --root;
  while (root < kLargest && (root + 1) * (root + 1) <= value) ++root;
  return root;
}

}  // namespace llmz::exact
