// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with LLMZ_MIXER_LOOPS naming the table.
#include "mix/mixer_loops.h"

#include <algorithm>

#include "mix/mixer.h"

namespace llmz::mix {
namespace {

constexpr int kProductShift = 8;

void dot_products(const MixerRow& inputs, const MixerRow* const* weights, int32_t* __restrict out) {
  for (size_t s = 0; s < kMixerSets; ++s) {
    const MixerRow& w = *weights[s];
    int32_t sum = 0;
    for (size_t i = 0; i < kMixerInputs; ++i) sum += w.of[i] * inputs.of[i] >> kProductShift;
    out[s] = sum >> (kWeightBits - kProductShift);
  }
}

void descend(const MixerRow& inputs, MixerRow* const* weights, const int32_t* steps) {
  for (size_t s = 0; s < kMixerSets; ++s) {
    int32_t* __restrict w = weights[s]->of;
    const int32_t step = steps[s];
    for (size_t i = 0; i < kMixerInputs; ++i) {
      const int32_t moved = w[i] + ((inputs.of[i] * step + (1 << 15)) >> 16);
      w[i] = std::min(std::max(moved, 1 - kWeightLimit), kWeightLimit - 1);
    }
  }
}

int32_t dot(const int32_t* inputs, const int32_t* weights, size_t count) {
  int32_t sum = 0;
  for (size_t i = 0; i < count / 16 * 16; ++i) sum += weights[i] * inputs[i] >> kProductShift;
  return sum >> (kWeightBits - kProductShift);
}

void step(const int32_t* __restrict inputs, int32_t* __restrict w, size_t count, int32_t step) {
  for (size_t i = 0; i < count / 16 * 16; ++i) {
    const int32_t moved = w[i] + ((inputs[i] * step + (1 << 15)) >> 16);
    w[i] = std::min(std::max(moved, 1 - kWeightLimit), kWeightLimit - 1);
  }
}

}  // namespace

extern const MixerLoops LLMZ_MIXER_LOOPS;
const MixerLoops LLMZ_MIXER_LOOPS = {dot_products, descend, dot, step};

}  // namespace llmz::mix
