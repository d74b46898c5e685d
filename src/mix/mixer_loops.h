// SPDX-License-Identifier: Apache-2.0
// The two loops that the mixer spends its time in, one build for each instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llmz::mix {

constexpr size_t kMixerInputs = 48, kMixerSets = 6;

// One number for each input; in whole cache lines.
struct alignas(64) MixerRow {
  int32_t of[kMixerInputs];
};

struct MixerLoops {
  // out[s] = sum over i of (weights[s][i] * inputs[i] >> 8), shifted to the inputs' scale. With
  // |weight| < 2^19 and |input| < 2^12 nothing overflows 32 bits.
  void (*dot_products)(const MixerRow& inputs, const MixerRow* const* weights, int32_t* out);
  // weights[s][i] += inputs[i] * steps[s] / 2^16, rounded, bounded. |step| <= 2^18.
  void (*descend)(const MixerRow& inputs, MixerRow* const* weights, const int32_t* steps);
  // The same of one set of any number of inputs, a multiple of 16.
  int32_t (*dot)(const int32_t* inputs, const int32_t* weights, size_t count);
  void (*step)(const int32_t* inputs, int32_t* weights, size_t count, int32_t step);
};

// Those of the machine's instruction set.
const MixerLoops& mixer_loops();

extern const MixerLoops kBaselineMixerLoops;
#if defined(__x86_64__)
extern const MixerLoops kAvx2MixerLoops, kAvx512MixerLoops;
#endif

}  // namespace llmz::mix
