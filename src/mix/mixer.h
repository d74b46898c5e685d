// SPDX-License-Identifier: Apache-2.0
// Gated logistic mixing in integers: several weight sets, each selected by a small context, give
// one opinion each; a second layer mixes the opinions. Every set learns from its own error by
// gradient descent on coding cost.
//
// Source: PAQ8's mixer (M. Mahoney 2005); "Mixing strategies in data compression" (C. Mattern
// 2012).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mix/logistic.h"
#include "mix/mixer_loops.h"

namespace llmz::mix {

constexpr int kWeightBits = 16;            // fraction bits of a weight
constexpr int32_t kWeightLimit = 8 << 16;  // |weight| < 8

// The error, 16 bits, times the rate in 1/256: below 2^18, so that times an input it fits.
inline int32_t mixer_step(uint32_t bit, int32_t p16, int32_t rate) {
  const int32_t error = static_cast<int32_t>(bit << kProbabilityBits) - p16;
  const int32_t step = error * rate >> 8;
  return step < -(1 << 18) ? -(1 << 18) : step > 1 << 18 ? 1 << 18 : step;
}

class Mixer {
 public:
  // set_contexts[i] is how many contexts set i has. Weights beyond the initial ones are 0.
  Mixer(const std::array<size_t, kMixerSets>& set_contexts, size_t final_contexts,
        const std::vector<int32_t>& initial_weights);

  // Inputs of the coming bit, in the logistic domain, |x| < 4096. Padding stays 0.
  int32_t* inputs() { return inputs_.of; }
  // contexts[i] selects the weights of set i. Returns the mixed log odds.
  int32_t mix(const uint32_t* contexts, uint32_t final_context);
  void learn(uint32_t bit, int32_t rate, int32_t final_rate);

 private:
  struct Set {
    std::vector<MixerRow> weights;
    MixerRow* selected = nullptr;
    int32_t p16 = 0;
  };
  const MixerLoops& loops_;
  MixerRow inputs_{};
  std::array<Set, kMixerSets> sets_;
  std::vector<std::array<int32_t, kMixerSets>> final_weights_;
  int32_t* final_selected_ = nullptr;
  int32_t opinions_[kMixerSets] = {};
  int32_t final_p16_ = 0;
};

}  // namespace llmz::mix
