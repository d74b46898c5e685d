// SPDX-License-Identifier: Apache-2.0
#include "mix/mixer.h"

#include <algorithm>

#include "base/processor.h"
#include "mix/mixer_loops.h"

namespace llmz::mix {

const MixerLoops& mixer_loops() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Vnni:
    case InstructionSet::kAvx512:
      return kAvx512MixerLoops;
    case InstructionSet::kAvx2:
      return kAvx2MixerLoops;
    default:
      break;
  }
#endif
  return kBaselineMixerLoops;
}

Mixer::Mixer(const std::array<size_t, kMixerSets>& set_contexts, size_t final_contexts,
             const std::vector<int32_t>& initial_weights)
    : loops_(mixer_loops()) {
  MixerRow initial{};
  std::copy(initial_weights.begin(), initial_weights.end(), initial.of);
  for (size_t s = 0; s < kMixerSets; ++s) sets_[s].weights.assign(set_contexts[s], initial);
  std::array<int32_t, kMixerSets> mean;
  mean.fill((1 << kWeightBits) / static_cast<int32_t>(kMixerSets));
  final_weights_.assign(final_contexts, mean);
}

int32_t Mixer::mix(const uint32_t* contexts, uint32_t final_context) {
  const MixerRow* weights[kMixerSets];
  for (size_t s = 0; s < kMixerSets; ++s)
    weights[s] = sets_[s].selected = &sets_[s].weights[contexts[s]];
  loops_.dot_products(inputs_, weights, opinions_);
  final_selected_ = final_weights_[final_context].data();
  int32_t sum = 0;
  for (size_t s = 0; s < kMixerSets; ++s) {
    opinions_[s] = std::clamp(opinions_[s], -kStretchLimit, kStretchLimit);
    sets_[s].p16 = static_cast<int32_t>(squash(opinions_[s]));
    sum += opinions_[s] * final_selected_[s] >> 8;
  }
  const int32_t mixed = std::clamp(sum >> (kWeightBits - 8), -kStretchLimit, kStretchLimit);
  final_p16_ = static_cast<int32_t>(squash(mixed));
  return mixed;
}

void Mixer::learn(uint32_t bit, int32_t rate, int32_t final_rate) {
  MixerRow* weights[kMixerSets];
  int32_t steps[kMixerSets];
  for (size_t s = 0; s < kMixerSets; ++s) {
    weights[s] = sets_[s].selected;
    steps[s] = mixer_step(bit, sets_[s].p16, rate);
  }
  loops_.descend(inputs_, weights, steps);
  const int32_t step = mixer_step(bit, final_p16_, final_rate);
  for (size_t s = 0; s < kMixerSets; ++s) {
    const int32_t moved = final_selected_[s] + ((opinions_[s] * step + (1 << 15)) >> 16);
    final_selected_[s] = std::clamp(moved, 1 - kWeightLimit, kWeightLimit - 1);
  }
}

}  // namespace llmz::mix
