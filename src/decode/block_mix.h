// SPDX-License-Identifier: Apache-2.0
// The bitwise mix between the frequency table of a token and the range coder.
#pragma once

#include "decode/block_walk.h"
#include "mix/mixing_model.h"
#include "mix/token_path.h"

namespace llmz {

// What is learned in a block, and how its tokens become decisions.
struct BlockMix {
  BlockMix(const Vocabulary& vocabulary, int memory_bits)
      : model(memory_bits, true), path(vocabulary) {}
  BlockMix(const Vocabulary& vocabulary, const mix::MixingModel& start)
      : model(start), path(vocabulary) {}
  mix::MixingModel model;
  mix::TokenPath path;
};

// A decision of probability p / 2^kProbabilityBits takes p << kDecisionShift of the range coder.
constexpr int kDecisionShift = kFrequencyBits - mix::kProbabilityBits;

// A coder of the token loop with the mix, which outlives it.
class MixedCoder : public TokenCoder {
 public:
  explicit MixedCoder(BlockMix& mix) : mix_(mix) {}
  void begin_lanes(uint32_t source, uint32_t lanes, uint64_t lane_bytes) override {
    mix_.model.begin_lanes(source, lanes, static_cast<uint32_t>(lane_bytes));
  }

 protected:
  BlockMix& mix_;
};

}  // namespace llmz
