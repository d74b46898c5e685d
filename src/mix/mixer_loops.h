// SPDX-License-Identifier: Apache-2.0
// The two loops that the mixer spends its time in, one build for each instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llmz::mix {

struct MixerLoops {
  // out[s] = sum over i of (weights[s][i] * inputs[i] >> 8), shifted to the inputs' scale. With
  // |weight| < 2^19, |input| < 2^12 and count <= 128 nothing overflows 32 bits.
  void (*dot_products)(const int32_t* inputs, size_t count, const int32_t* const* weights,
                       size_t sets, int32_t* out);
  // weights[s][i] += inputs[i] * steps[s] / 2^16, rounded, bounded. |step| <= 2^18.
  void (*descend)(const int32_t* inputs, size_t count, int32_t* const* weights, size_t sets,
                  const int32_t* steps);
};

extern const MixerLoops kBaselineMixerLoops;
#if defined(__x86_64__)
extern const MixerLoops kAvx2MixerLoops, kAvx512MixerLoops;
#endif

}  // namespace llmz::mix
