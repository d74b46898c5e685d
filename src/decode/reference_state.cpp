// SPDX-License-Identifier: Apache-2.0
#include "decode/reference_state.h"

#include <tuple>

#include "base/hash.h"
#include "decode/byte_mix.h"
#include "vocabulary/cheapest_tokens.h"

namespace llmz {
namespace {

// Codes nothing: walk and mix learn.
class LearningCoder : public TokenCoder {
 public:
  uint32_t code(uint32_t, const FrequencyTable&, uint32_t known) override { return known; }
};

template <class Mix>
class MixedLearningCoder : public MixedCoder<Mix> {
 public:
  using MixedCoder<Mix>::MixedCoder;
  uint32_t code(uint32_t lane, const FrequencyTable& table, uint32_t known) override {
    Mix& mix = this->mix_;
    return mix.path.walk(mix.model, lane, table, known, [](uint32_t, uint32_t bit) { return bit; });
  }
};

// The mix after a round that holds the tokens, in one lane, to be copied.
template <class Model>
std::unique_ptr<Model> learned(Model start, const Vocabulary& vocabulary,
                               const std::vector<uint32_t>& tokens, uint64_t size_bytes,
                               BlockWalk& walk) {
  TokenMix<Model> mix(vocabulary, std::move(start));
  MixedLearningCoder<TokenMix<Model>> coder(mix);
  walk.encode_round(tokens, size_bytes, coder);
  begin_lanes(mix.model, walk.lanes() - 1, 1, 0);
  mix.model.share();
  return std::make_unique<Model>(mix.model);
}

}  // namespace

Reference::Reference(ByteView content) {
  if (content.size == 0 || content.size > kMaxBytes) {
    throw Error(ErrorKind::kUsage, "a reference has 1 byte to 16 MB, this one has " +
                                       std::to_string(content.size) + " bytes");
  }
  state_ = std::make_shared<ReferenceState>(content);
}

uint32_t Reference::check(uint64_t model_fingerprint) const {
  return state_->check(model_fingerprint);
}

ReferenceState::ReferenceState(ByteView content) : content_(content.begin(), content.end()) {}

uint32_t ReferenceState::check(uint64_t model_fingerprint) const {
  return static_cast<uint32_t>(xxh3_64(content_, model_fingerprint));
}

bool ReferenceState::TokenKey::operator==(const TokenKey& other) const {
  const auto all = [](const TokenKey& k) {
    return std::tie(k.model_fingerprint, k.rate, k.lanes, k.method, k.memory_bits, k.engine);
  };
  return all(*this) == all(other);
}

std::unique_ptr<mix::MixingModel> ReferenceState::byte_mix(int memory_bits, const Tick& tick) {
  const std::lock_guard lock(mutex_);
  if (!byte_mix_ || byte_mix_bits_ != memory_bits) {
    auto mix = std::make_unique<mix::MixingModel>(memory_bits, false);
    byte_mix_learn(*mix, content_, [&](uint64_t) { tick(); });
    mix->share();
    byte_mix_ = std::move(mix);
    byte_mix_bits_ = memory_bits;
  }
  return std::make_unique<mix::MixingModel>(*byte_mix_);
}

std::unique_ptr<mix::RichModel> ReferenceState::rich_mix(RoundMethod method, int memory_bits,
                                                         const Tick& tick) {
  const std::lock_guard lock(mutex_);
  if (!rich_mix_ || rich_mix_bits_ != memory_bits || rich_mix_method_ != method) {
    auto mix = std::make_unique<mix::RichModel>(memory_bits, rich_design(method));
    byte_mix_learn(*mix, content_, [&](uint64_t) { tick(); });
    mix->share();
    rich_mix_ = std::move(mix);
    rich_mix_bits_ = memory_bits;
    rich_mix_method_ = method;
  }
  return std::make_unique<mix::RichModel>(*rich_mix_);
}

ReferenceState::WalkMix ReferenceState::begin(const TokenKey& key, const TokenTable& table,
                                              BlockWalk& walk) {
  const std::lock_guard lock(mutex_);
  const Vocabulary& vocabulary = table.vocabulary;
  if (key_ == key) {
    walk.resume(*walk_);
  } else {
    read(key, table, walk);
  }
  WalkMix mix;
  if (token_mix_) mix.lean = std::make_unique<BlockMix>(vocabulary, *token_mix_);
  if (rich_token_mix_) mix.rich = std::make_unique<RichBlockMix>(vocabulary, *rich_token_mix_);
  return mix;
}

void ReferenceState::read(const TokenKey& key, const TokenTable& table, BlockWalk& walk) {
  const Vocabulary& vocabulary = table.vocabulary;
  const std::vector<uint32_t> tokens = cheapest_tokens(vocabulary, table.costs, content_);
  key_.reset();
  token_mix_.reset();
  rich_token_mix_.reset();
  if (key.method == RoundMethod::kTokenMix) {
    token_mix_ =
        learned(mix::MixingModel(key.memory_bits, true), vocabulary, tokens, content_.size(), walk);
  } else if (mixes_tokens_richly(key.method)) {
    rich_token_mix_ = learned(mix::RichTokenMix(key.memory_bits, rich_design(key.method)),
                              vocabulary, tokens, content_.size(), walk);
  } else {
    LearningCoder coder;
    walk.encode_round(tokens, content_.size(), coder);
  }
  // As for those that resume it: one lane, the last.
  walk_ = walk.keep();
  walk.resume(*walk_);
  key_ = key;
}

}  // namespace llmz
