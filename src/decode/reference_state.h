// SPDX-License-Identifier: Apache-2.0
// What the coders of a block know when there is a reference: that of a round of their method that
// holds it (docs/format.md, section 4.4). Each is made when it is first asked for, and copied from
// then on.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "container/format.h"
#include "decode/block_mix.h"
#include "llmz/reference.h"
#include "mix/mixing_model.h"
#include "mix/rich_model.h"
#include "vocabulary/token_table.h"

namespace llmz {

class ReferenceState {
 public:
  explicit ReferenceState(ByteView content);
  static ReferenceState& of(const Reference& reference) { return *reference.state_; }

  ByteView content() const { return content_; }
  uint32_t check(uint64_t model_fingerprint) const;

  // Copies that have read the reference. `progress` is called while it is read, and may throw.
  using Tick = std::function<void()>;
  std::unique_ptr<mix::MixingModel> byte_mix(int memory_bits, const Tick& tick);
  std::unique_ptr<mix::RichModel> rich_mix(RoundMethod method, int memory_bits, const Tick& tick);

  // What a walk and its mix depend on.
  struct TokenKey {
    uint64_t model_fingerprint = 0;
    uint32_t rate = 0, lanes = 0;
    RoundMethod method = RoundMethod::kTokens;
    int memory_bits = 0;
    std::string engine;
    bool operator==(const TokenKey& other) const;
  };
  // The mix of a walk: one of the two, or none.
  struct WalkMix {
    std::unique_ptr<BlockMix> lean;
    std::unique_ptr<RichBlockMix> rich;
  };
  // A new walk goes on from the end of the reference. Returns the mix that belongs to it.
  WalkMix begin(const TokenKey& key, const TokenTable& table, BlockWalk& walk);

 private:
  void read(const TokenKey& key, const TokenTable& table, BlockWalk& walk);

  const Bytes content_;
  std::mutex mutex_;  // guards what follows
  std::unique_ptr<mix::MixingModel> byte_mix_;
  std::unique_ptr<mix::RichModel> rich_mix_;
  int byte_mix_bits_ = 0, rich_mix_bits_ = 0;
  RoundMethod rich_mix_method_ = RoundMethod::kStored;  // of rich_mix_
  std::optional<TokenKey> key_;
  std::optional<BlockWalk::Kept> walk_;
  std::unique_ptr<mix::MixingModel> token_mix_;
  std::unique_ptr<mix::RichTokenMix> rich_token_mix_;
};

}  // namespace llmz
