// SPDX-License-Identifier: Apache-2.0
// The coders of the token loop that encode, without the mix and with it, and that measure.
#pragma once

#include <cmath>

#include "decode/block_mix.h"
#include "entropy/range_coder.h"

namespace llmz {

inline void encode_decision(RangeEncoder& encoder, uint32_t p, uint32_t bit) {
  const uint32_t ones = p << kDecisionShift;
  bit ? encoder.encode(0, ones) : encoder.encode(ones, kFrequencyTotal - ones);
}

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

template <class Mix>
class MixedEncodingCoder : public MixedCoder<Mix> {
 public:
  explicit MixedEncodingCoder(Mix& mix) : MixedCoder<Mix>(mix) {}
  uint32_t code(uint32_t lane, const FrequencyTable& table, uint32_t known) override {
    Mix& mix = this->mix_;
    return mix.path.walk(mix.model, lane, table, known, [&](uint32_t p, uint32_t bit) {
      encode_decision(encoder_, p, bit);
      return bit;
    });
  }
  Bytes finish() { return encoder_.finish(); }

 private:
  RangeEncoder encoder_;
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
