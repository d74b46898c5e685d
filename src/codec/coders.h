// SPDX-License-Identifier: Apache-2.0
// The three coders of the token loop: encode, decode, measure.
#pragma once

#include <cmath>

#include "codec/block_walk.h"

namespace llmz {

class EncodingCoder : public TokenCoder {
 public:
  uint32_t code(uint32_t, const FrequencyTable& table, uint32_t known) override {
    const TokenInterval i = table.interval(known);
    encoder_.encode(i.cumulative_low, i.frequency);
    return known;
  }
  Bytes finish() { return encoder_.finish(); }

 private:
  RangeEncoder encoder_;
};

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

// Adds up what the tokens cost by the softmax of the logits in double precision.
class MeasuringCoder : public TokenCoder {
 public:
  uint32_t code(uint32_t, const FrequencyTable&, uint32_t known) override { return known; }
  bool wants_logits() const override { return true; }
  void logits(const int32_t* logits, uint32_t vocabulary, uint32_t known) override {
    double sum = 0;
    for (uint32_t j = 0; j < vocabulary; ++j)
      sum += std::exp2(kBitsPerLogit * (static_cast<double>(logits[j]) - logits[known]));
    bits += std::log2(sum);
  }

  double bits = 0;

 private:
  static constexpr double kBitsPerLogit = 1.4426950408889634 / (1 << 17);
};

}  // namespace llmz
