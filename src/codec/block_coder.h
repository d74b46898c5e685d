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
#include "codec/session.h"
#include "container/frame.h"
#include "mix/rich_model.h"

namespace llmz {

// The parts that both directions share.
class BlockState {
 public:
  // `session` holds the loaded model before the first round that needs one.
  // spare: as BodyAhead takes it.
  BlockState(Session& session, const CoderSettings& coder, SpareThreads* spare)
      : session_(session), coder_(coder), spare_(spare) {}

  BlockWalk& walk();
  BlockMix& token_mix();
  mix::MixingModel& byte_mix();
  mix::RichModel& rich_mix();

  // Content bytes of the block done so far, about every 10 ms; may throw.
  std::function<void(uint64_t)> progress;
  uint64_t done_bytes = 0;
  // Of the round in hand.
  void report(uint64_t done_of_round) const {
    if (progress) progress(done_bytes + done_of_round);
  }

 private:
  Session& session_;
  CoderSettings coder_;
  SpareThreads* spare_;
  std::optional<BlockWalk> walk_;
  std::unique_ptr<BlockMix> token_mix_;
  std::unique_ptr<mix::MixingModel> byte_mix_;
  std::unique_ptr<mix::RichModel> rich_mix_;
};

class BlockEncoder {
 public:
  BlockEncoder(Session& session, const CoderSettings& coder, SpareThreads* spare = nullptr)
      : session_(session), state_(session, coder, spare) {}
  // The round's payload. At most kMaxRoundBytes of content. Adds to `tokens`.
  Bytes encode(RoundMethod method, ByteView content, uint64_t& tokens);
  BlockState& state() { return state_; }

 private:
  Session& session_;
  BlockState state_;
};

class BlockDecoder {
 public:
  BlockDecoder(Session& session, const CoderSettings& coder, SpareThreads* spare = nullptr)
      : state_(session, coder, spare) {}
  // The round's content. Throws Error{kCorrupt}.
  Bytes decode(const Round& round);
  BlockState& state() { return state_; }

 private:
  BlockState state_;
};

}  // namespace llmz
