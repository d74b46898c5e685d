// SPDX-License-Identifier: Apache-2.0
// The coders of the token loop that decode: without the mix, and with it.
#pragma once

#include "decode/block_mix.h"
#include "entropy/range_coder.h"

namespace llmz {

inline uint32_t decode_decision(RangeDecoder& decoder, uint32_t p) {
  const uint32_t ones = p << kDecisionShift;
  const uint32_t bit = decoder.target() < ones;
  bit ? decoder.consume(0, ones) : decoder.consume(ones, kFrequencyTotal - ones);
  return bit;
}

class DecodingCoder : public TokenCoder {
 public:
  explicit DecodingCoder(ByteView payload) : decoder_(payload) {}
  uint32_t code(uint32_t, const FrequencyTable& table, uint32_t) override {
    // A round that claims more content than its bytes hold would otherwise be decoded from zeros
    // for minutes.
    if (decoder_.overran())
      throw Error(ErrorKind::kCorrupt, "damaged: the compressed bytes of a round end too early");
    const TokenInterval i = table.find(decoder_.target());
    decoder_.consume(i.cumulative_low, i.frequency);
    return i.token;
  }
  void finish() const {
    if (!decoder_.finished_cleanly())
      throw Error(ErrorKind::kCorrupt, "damaged: a round has compressed bytes left over");
  }

 private:
  RangeDecoder decoder_;
};

template <class Mix>
class MixedDecodingCoder : public MixedCoder<Mix> {
 public:
  MixedDecodingCoder(Mix& mix, ByteView payload) : MixedCoder<Mix>(mix), decoder_(payload) {}
  uint32_t code(uint32_t lane, const FrequencyTable& table, uint32_t) override {
    if (decoder_.overran())
      throw Error(ErrorKind::kCorrupt, "damaged: the compressed bytes of a round end too early");
    Mix& mix = this->mix_;
    return mix.path.walk(mix.model, lane, table, 0,
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
