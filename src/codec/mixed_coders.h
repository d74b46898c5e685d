// SPDX-License-Identifier: Apache-2.0
// The coders of the token loop with the bitwise mix between the frequency table and the range
// coder: encode, decode, measure. The mix outlives the coder of a round.
#pragma once

#include <cmath>

#include "codec/block_walk.h"
#include "entropy/range_coder.h"
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

constexpr int kDecisionShift = kFrequencyBits - mix::kProbabilityBits;

inline void encode_decision(RangeEncoder& encoder, uint32_t p, uint32_t bit) {
  const uint32_t ones = p << kDecisionShift;
  bit ? encoder.encode(0, ones) : encoder.encode(ones, kFrequencyTotal - ones);
}

inline uint32_t decode_decision(RangeDecoder& decoder, uint32_t p) {
  const uint32_t ones = p << kDecisionShift;
  const uint32_t bit = decoder.target() < ones;
  bit ? decoder.consume(0, ones) : decoder.consume(ones, kFrequencyTotal - ones);
  return bit;
}

class MixedCoder : public TokenCoder {
 public:
  explicit MixedCoder(BlockMix& mix) : mix_(mix) {}
  void begin_lanes(uint32_t source, uint32_t lanes, uint64_t lane_bytes) override {
    mix_.model.begin_lanes(source, lanes, static_cast<uint32_t>(lane_bytes));
  }

 protected:
  BlockMix& mix_;
};

class MixedEncodingCoder : public MixedCoder {
 public:
  using MixedCoder::MixedCoder;
  uint32_t code(uint32_t lane, const FrequencyTable& table, uint32_t known) override {
    return mix_.path.walk(mix_.model, lane, table, known, [&](uint32_t p, uint32_t bit) {
      encode_decision(encoder_, p, bit);
      return bit;
    });
  }
  Bytes finish() { return encoder_.finish(); }

 private:
  RangeEncoder encoder_;
};

class MixedDecodingCoder : public MixedCoder {
 public:
  MixedDecodingCoder(BlockMix& mix, ByteView payload) : MixedCoder(mix), decoder_(payload) {}
  uint32_t code(uint32_t lane, const FrequencyTable& table, uint32_t) override {
    if (decoder_.overran())
      throw Error(ErrorKind::kCorrupt, "damaged: the compressed bytes of a round end too early");
    return mix_.path.walk(mix_.model, lane, table, 0,
                          [&](uint32_t p, uint32_t) { return decode_decision(decoder_, p); });
  }
  void finish() const {
    if (!decoder_.finished_cleanly())
      throw Error(ErrorKind::kCorrupt, "damaged: a round has compressed bytes left over");
  }

 private:
  RangeDecoder decoder_;
};

}  // namespace llmz
