// SPDX-License-Identifier: Apache-2.0
// The bitwise mix between the frequency table of a token and the range coder.
#pragma once

#include "container/format.h"
#include "decode/block_walk.h"
#include "mix/mixing_model.h"
#include "mix/rich_token_mix.h"
#include "mix/token_path.h"

namespace llmz {

// What is learned in a block, and how its tokens become decisions.
template <class Model>
struct TokenMix {
  // In place: a model that is copied touches all of its memory.
  template <class... Arguments>
  explicit TokenMix(const Vocabulary& vocabulary, Arguments&&... arguments)
      : model(std::forward<Arguments>(arguments)...), path(vocabulary) {}
  Model model;
  mix::TokenPath path;
};
using BlockMix = TokenMix<mix::MixingModel>;
using RichBlockMix = TokenMix<mix::RichTokenMix>;

// Of methods that have a rich mix.
inline const mix::RichDesign& rich_design(RoundMethod method) {
  switch (method) {
    case RoundMethod::kRichMix:
      return mix::kRichMix;
    case RoundMethod::kRichTokenMix:
      return mix::kRichMixBesideNetwork;
    case RoundMethod::kSecondRichMix:
      return mix::kSecondRichMix;
    default:
      return mix::kSecondRichMixBesideNetwork;
  }
}

// Lanes begin; the rich mix has one.
inline void begin_lanes(mix::MixingModel& model, uint32_t source, uint32_t lanes,
                        uint64_t lane_bytes) {
  model.begin_lanes(source, lanes, static_cast<uint32_t>(lane_bytes));
}
inline void begin_lanes(mix::RichTokenMix& model, uint32_t, uint32_t, uint64_t lane_bytes) {
  model.begin(static_cast<uint32_t>(lane_bytes));
}

// A decision of probability p / 2^kProbabilityBits takes p << kDecisionShift of the range coder.
constexpr int kDecisionShift = kFrequencyBits - mix::kProbabilityBits;

// A coder of the token loop with the mix, which outlives it.
template <class Mix>
class MixedCoder : public TokenCoder {
 public:
  explicit MixedCoder(Mix& mix) : mix_(mix) {}
  void begin_lanes(uint32_t source, uint32_t lanes, uint64_t lane_bytes) override {
    llmz::begin_lanes(mix_.model, source, lanes, lane_bytes);
  }

 protected:
  Mix& mix_;
};

}  // namespace llmz
