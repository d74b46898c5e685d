// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with LLMZ_MIXER_LOOPS naming the table.
#include "mix/mixer_loops.h"

#include <algorithm>

#include "mix/mixer.h"

namespace llmz::mix {
namespace {

constexpr int kProductShift = 8;

void dot_products(const int32_t* __restrict inputs, size_t count, const int32_t* const* weights,
                  size_t sets, int32_t* __restrict out) {
  for (size_t s = 0; s < sets; ++s) {
    const int32_t* __restrict w = weights[s];
    int32_t sum = 0;
    for (size_t i = 0; i < count; ++i) sum += w[i] * inputs[i] >> kProductShift;
    out[s] = sum >> (kWeightBits - kProductShift);
  }
}

void descend(const int32_t* __restrict inputs, size_t count, int32_t* const* weights, size_t sets,
             const int32_t* __restrict steps) {
  for (size_t s = 0; s < sets; ++s) {
    int32_t* __restrict w = weights[s];
    const int32_t step = steps[s];
    for (size_t i = 0; i < count; ++i) {
      const int32_t moved = w[i] + ((inputs[i] * step + (1 << 15)) >> 16);
      w[i] = std::min(std::max(moved, 1 - kWeightLimit), kWeightLimit - 1);
    }
  }
}

}  // namespace

extern const MixerLoops LLMZ_MIXER_LOOPS;
const MixerLoops LLMZ_MIXER_LOOPS = {dot_products, descend};

}  // namespace llmz::mix
