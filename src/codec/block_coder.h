// SPDX-License-Identifier: Apache-2.0
// A block on its way in and out: what its rounds have taught the network's head and the mixes, and
// the method of each round. Everything is made when the first round needs it.
//
// A round is coded with what all rounds of the block before it have taught, so an encoder that has
// coded a round cannot take it back: what is to be thrown away ends the block.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "codec/block_walk.h"
#include "codec/mixed_coders.h"
#include "codec/reference_state.h"
#include "codec/session.h"
#include "container/frame.h"
#include "mix/rich_model.h"

namespace llmz {

// The parts that both directions share.
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
  BlockMix& token_mix() { return *token_mix_; }
  mix::MixingModel& byte_mix();
  mix::RichModel& rich_mix();
  ByteView reference() const { return reference_ ? reference_->content() : ByteView(); }

  // Content bytes of the block done so far, about every 10 ms; may throw.
  std::function<void(uint64_t)> progress;
  uint64_t done_bytes = 0;
  // Of the round in hand.
  void report(uint64_t done_of_round) const {
    if (progress) progress(done_bytes + done_of_round);
  }

 private:
  void begin_tokens(bool mixed);

  Session& session_;
  CoderSettings coder_;
  ReferenceState* reference_;
  SpareThreads* spare_;
  std::optional<BlockWalk> walk_;
  uint64_t walk_began_bytes_ = 0;  // of the block, where the walk counts from
  std::unique_ptr<BlockMix> token_mix_;
  std::unique_ptr<mix::MixingModel> byte_mix_;
  std::unique_ptr<mix::RichModel> rich_mix_;
};

class BlockEncoder {
 public:
  BlockEncoder(Session& session, const CoderSettings& coder, ReferenceState* reference,
               SpareThreads* spare = nullptr)
      : session_(session), state_(session, coder, reference, spare) {}
  // The round's payload. At most kMaxRoundBytes of content. Adds to `tokens`.
  Bytes encode(RoundMethod method, ByteView content, uint64_t& tokens);
  BlockState& state() { return state_; }

 private:
  Session& session_;
  BlockState state_;
};

class BlockDecoder {
 public:
  BlockDecoder(Session& session, const CoderSettings& coder, ReferenceState* reference,
               SpareThreads* spare = nullptr)
      : state_(session, coder, reference, spare) {}
  // The round's content. Throws Error{kCorrupt}.
  Bytes decode(const Round& round);
  BlockState& state() { return state_; }

 private:
  BlockState state_;
};

}  // namespace llmz
