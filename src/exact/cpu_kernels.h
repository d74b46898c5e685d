// SPDX-License-Identifier: Apache-2.0
// The integer loops of the cpu engine. One source is compiled for several instruction sets; every
// build of it gives the same integers, so the choice is one of speed only. Names and numbers are
// those of docs/exact-arithmetic.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/model_config.h"

namespace llmz::exact {

// Slots of a ring are handled in blocks of this many; ring capacities and head dimensions are
// multiples of it.
constexpr size_t kSlotBlock = 16;
constexpr size_t kMaxSlots = kMaxWindow + 64;  // of a ring
// Heads are padded to a multiple of this with zero queries.
constexpr size_t kHeadGroup = 4;

struct NormSettings {
  uint64_t constant;  // C of the document
  int shift;          // s of the document
};

// The keys and values of one lane and layer. Slot = position mod capacity.
//   keys   [head_dim / 2][capacity][2]      values [capacity / 2][head_dim][2]
struct AttentionView {
  const int8_t* keys;
  const int8_t* values;
  size_t capacity;  // at most kMaxSlots
  size_t head_dim;
  size_t heads;                // padded to an even number
  size_t first_slot;           // of the oldest visible key
  size_t visible;              // number of visible keys
  const uint32_t* multiplier;  // [heads]
  uint32_t shift;              // attention_shift()
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

struct LearnStep {
  const int8_t* h;              // [rows][dim]
  const uint32_t* frequencies;  // [rows][vocabulary]
  const uint32_t* tokens;       // [rows]
  size_t rows, dim, vocabulary;
  uint32_t rate, threshold;
};

struct CpuKernels {
  const char* name;
  // out[j] = linear(): sum[j] - correction[j], times multiplier, shifted, limited to +-limit.
  void (*requantize)(const int32_t* sum, const int32_t* correction, const int32_t* multiplier,
                     int shift, int32_t limit, size_t n, int32_t* out);
  // x[j] = clamp(x[j] + linear()).
  void (*requantize_add)(const int32_t* sum, const int32_t* correction, const int32_t* multiplier,
                         int shift, size_t n, int32_t* x);
  void (*embed)(const int8_t* a, int32_t a_multiplier, const int8_t* b, int32_t b_multiplier,
                size_t n, int32_t* x);
  // Step 0 of a layer.
  void (*mix_stream)(const StreamMix& mix, size_t n, int32_t* x);
  // v[i] = clamp(v[i] + weight[i] * multiplier).
  void (*add_row)(const int8_t* weight, int32_t multiplier, size_t n, int32_t* v);
  void (*norm)(const int32_t* x, size_t n, NormSettings settings, int32_t* y);
  // clamp(y, 127) as int8, and as the products want it: u8 with zero point 128.
  void (*narrow_signed)(const int32_t* y, size_t n, int8_t* out);
  void (*narrow_biased)(const int32_t* y, size_t n, uint8_t* out);
  void (*narrow_unsigned)(const int32_t* y, size_t n, uint8_t* out);
  void (*relu2)(const int32_t* z, size_t n, int32_t* r);
  // y[n] from norm(.., 1024, 16) -> int8[n].
  void (*rotate)(const int32_t* y, const int16_t* cosine, const int16_t* sine, size_t n,
                 int8_t* out);
  // q: int16 [heads][head_dim]; out: int32 [heads][head_dim]; scratch: int32 [kHeadGroup +
  // kHeadGroup / 2][capacity].
  void (*attend)(const AttentionView& view, const int16_t* q, int32_t* scratch, int32_t* out);
  // l[row][j] for `tokens` rows of weights and `rows` of h (int16 [rows][dim]); out[row * stride +
  // j].
  void (*logits)(const int16_t* weight, const int16_t* h, size_t rows, size_t tokens, size_t dim,
                 size_t stride, int32_t* out);
  // Frequencies from logits, in place (int32 in, uint32 out).
  void (*frequencies)(int32_t* logits, size_t vocabulary, uint32_t* out);
  // Tokens begin .. end (multiples of 16) of the learning step for one group of at most kLearnGroup
  // lanes.
  void (*learn)(const LearnStep& step, int32_t* master, int16_t* view, size_t begin, size_t end);
};

// The builds of cpu_kernels.cpp.
extern const CpuKernels kBaselineKernels;
#if defined(__x86_64__)
extern const CpuKernels kAvx2Kernels, kAvx512Kernels, kAvx512VnniKernels;
#endif

// The fastest set that this processor has. LLMZ_CPU=baseline|avx2|avx512 in the environment asks
// for a lower one (for tests).
const CpuKernels& cpu_kernels();

uint64_t isqrt(uint64_t value);

}  // namespace llmz::exact
