// SPDX-License-Identifier: Apache-2.0
#include "mix/rich_mixer.h"

#include <algorithm>

#include "mix/logistic.h"
#include "mix/mixer.h"

namespace llmz::mix {
namespace {

// In 1/256 of the error: of a row that has learned n times, kRate + kFirstRate * kCalm / (kCalm +
// n).
constexpr int32_t kRate = 60, kFirstRate = 300, kCalm = 1024, kFinalRate = 250;

// Below that no weight moves, for |input| < 2^12.
constexpr int32_t kSmallestStep = 8;

}  // namespace

RichMixer::RichMixer(size_t inputs, const std::vector<size_t>& set_contexts,
                     const std::vector<size_t>& final_contexts,
                     const std::vector<int32_t>& initial_weights)
    : loops_(mixer_loops()),
      initial_weights_(initial_weights),
      inputs_(padded(inputs)),
      opinions_(padded(set_contexts.size())) {
  sets_.reserve(set_contexts.size());
  finals_.reserve(final_contexts.size());
  for (const size_t rows : set_contexts) sets_.emplace_back(rows, inputs_.size());
  const int32_t mean = (1 << kWeightBits) / static_cast<int32_t>(sets_.size());
  for (const size_t rows : final_contexts) {
    Set& set = finals_.emplace_back(rows, opinions_.size());
    std::fill_n(set.weights.data(), set.weights.size(), mean);
  }
}

int32_t RichMixer::opinion_of(Set& set, uint32_t row, const std::vector<int32_t>& inputs) {
  set.row = row;
  set.selected = &set.weights[row * inputs.size()];
  const int32_t sum = loops_.dot(inputs.data(), set.selected, inputs.size());
  const int32_t opinion = std::clamp(sum, -kStretchLimit, kStretchLimit);
  set.p16 = static_cast<int32_t>(squash(opinion));
  return opinion;
}

int32_t RichMixer::mix(const uint32_t* contexts, const uint32_t* final_contexts) {
  for (size_t s = 0; s < sets_.size(); ++s) {
    Set& set = sets_[s];
    const uint32_t row = contexts[s];
    if (set.learned[row] == 0)
      std::copy(initial_weights_.begin(), initial_weights_.end(),
                &set.weights[row * inputs_.size()]);
    opinions_[s] = opinion_of(set, row, inputs_);
  }
  int32_t sum = 0;
  for (size_t s = 0; s < finals_.size(); ++s)
    sum += opinion_of(finals_[s], final_contexts[s], opinions_);
  return sum / static_cast<int32_t>(finals_.size());
}

void RichMixer::learn(uint32_t bit) {
  for (Set& set : sets_) {
    uint16_t& learned = set.learned[set.row];
    const int32_t rate = kRate + kFirstRate * kCalm / (kCalm + learned);
    if (learned < UINT16_MAX) ++learned;
    const int32_t step = mixer_step(bit, set.p16, rate);
    if (step <= -kSmallestStep || step >= kSmallestStep)
      loops_.step(inputs_.data(), set.selected, inputs_.size(), step);
  }
  for (Set& set : finals_)
    loops_.step(opinions_.data(), set.selected, opinions_.size(),
                mixer_step(bit, set.p16, kFinalRate));
}

}  // namespace llmz::mix
