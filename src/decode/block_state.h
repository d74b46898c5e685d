// SPDX-License-Identifier: Apache-2.0
// What the rounds of a block have taught the network's head and the mixes, in both directions.
// Everything is made when the first round needs it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "container/frame.h"
#include "decode/block_mix.h"
#include "decode/block_walk.h"
#include "decode/reference_state.h"
#include "decode/session.h"
#include "mix/rich_model.h"

namespace llmz {

class BlockState {
 public:
  // `session` holds the loaded model before the first round that needs one.
  // `reference`: what counts as coded before the first round, if there is such a thing. spare: as
  // BodyAhead takes it.
  BlockState(Session& session, const CoderSettings& coder, ReferenceState* reference,
             SpareThreads* spare)
      : session_(session), coder_(coder), reference_(reference), spare_(spare) {}

  // Before a round: makes what rounds of tokens need. Those of a block all have one method.
  void begin_round(RoundMethod method);
  BlockWalk& walk() { return *walk_; }
  BlockMix& token_mix() { return *token_mix_.lean; }
  RichBlockMix& rich_token_mix() { return *token_mix_.rich; }
  mix::MixingModel& byte_mix();
  mix::RichModel& rich_mix(RoundMethod method);  // kRichMix, kSecondRichMix
  ByteView reference() const { return reference_ ? reference_->content() : ByteView(); }

  // Content bytes of the block done so far, about every 10 ms; may throw.
  std::function<void(uint64_t)> progress;
  uint64_t done_bytes = 0;
  // Of the round in hand.
  void report(uint64_t done_of_round) const {
    if (progress) progress(done_bytes + done_of_round);
  }

 private:
  void begin_tokens(RoundMethod method);

  Session& session_;
  CoderSettings coder_;
  ReferenceState* reference_;
  SpareThreads* spare_;
  std::optional<BlockWalk> walk_;
  uint64_t walk_began_bytes_ = 0;  // of the block, where the walk counts from
  ReferenceState::WalkMix token_mix_;
  std::unique_ptr<mix::MixingModel> byte_mix_;
  std::unique_ptr<mix::RichModel> rich_mix_, second_rich_mix_;
};

}  // namespace llmz
