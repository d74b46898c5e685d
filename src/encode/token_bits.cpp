// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "encode/estimate_observed.h"
#include "entropy/range_coder.h"

namespace llmz {
namespace {

class Costs : public TableObserver {
 public:
  explicit Costs(TokenBits& result) : result_(result) {}

  void begin(const Vocabulary& vocabulary) override { vocabulary_ = &vocabulary; }
  void round(const std::vector<uint32_t>& tokens) override {
    first_ = result_.bits.size();
    tokens_ = tokens;
    for (uint32_t token : tokens)
      result_.size_bytes.push_back(static_cast<uint32_t>(vocabulary_->bytes(token).size()));
    result_.bits.resize(result_.size_bytes.size());
  }
  void table(size_t place, const uint32_t* frequencies) override {
    const double frequency = frequencies[tokens_[place]];
    result_.bits[first_ + place] = static_cast<float>(kFrequencyBits - std::log2(frequency));
  }

 private:
  TokenBits& result_;
  const Vocabulary* vocabulary_ = nullptr;
  std::vector<uint32_t> tokens_;
  size_t first_ = 0;  // of the round
};

}  // namespace

TokenBits token_bits(ByteView text, const CompressSettings& settings, const Models& models,
                     const Progress& progress) {
  TokenBits result;
  Costs costs(result);
  MemorySource in(text);
  estimate_observed(in, models, settings, costs, progress);
  return result;
}

}  // namespace llmz
