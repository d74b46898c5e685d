// SPDX-License-Identifier: Apache-2.0
// The mix of samples: pictures and sound. A sample is coded as decisions of how far it lies from
// the value that is expected, and on which side. The method, and every constant of it:
// docs/sample-mix.md.
//
// For each sample: begin(); until done(), predict() and learn() with the outcome; then end().
//
// Memory: 7 MB, and up to 6 MB more for long rows. Speed: 5 to 10 us a byte. Threads: none.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mix/adaptive.h"
#include "mix/rich_mixer.h"
#include "mix/sample_decisions.h"
#include "mix/sample_distribution.h"
#include "mix/sample_opinions.h"

namespace llmz::mix {

class SampleModel {
 public:
  explicit SampleModel(const SampleLayout& layout);

  void begin();
  bool done() const { return decisions_.done(); }
  // What the decision in hand is for a sample that is known.
  uint32_t outcome(uint32_t value) const { return decisions_.outcome(value); }
  // The probability of a one, 1 .. 65535 of 2^16.
  uint32_t predict();
  void learn(uint32_t bit);
  // Learns from the sample, which all decisions together are.
  uint32_t end();

 private:
  static constexpr size_t kContexts = 9, kStages = 3;
  static constexpr size_t kDistributions = SampleOpinions::kCount + 2;
  // Learned where something was seen; before that it says what the distribution of all says.
  struct Learned {
    AdaptiveProbability p;
    bool seen = false;
  };
  void choose_contexts();
  uint32_t node() const { return decisions_.scale() * SampleDecisions::kNodes + decisions_.node(); }
  void add_distribution_inputs();
  void add_context_inputs();
  int32_t mix();

  const SampleLayout layout_;
  SampleOpinions opinions_;
  SampleDecisions decisions_;
  std::array<SampleDistribution, kDistributions> distributions_;
  std::array<std::vector<Learned>, kContexts> learned_;
  RichMixer mixer_;
  std::vector<RefinementStage> stages_;

  // Of the sample in hand.
  std::array<uint32_t, kContexts> context_{};
  uint32_t apart_ = 0;  // how much two of the opinions differ
  // Of the decision in hand.
  std::array<Learned*, kContexts> used_{};
  uint32_t expected_p_ = 0;  // of the distribution of all
};

}  // namespace llmz::mix
