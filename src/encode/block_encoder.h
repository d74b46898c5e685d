// SPDX-License-Identifier: Apache-2.0
// The content of a block in, the payloads of its rounds out.
//
// A round is coded with what all rounds of the block before it have taught, so an encoder that has
// coded a round cannot take it back: what is to be thrown away ends the block.
#pragma once

#include "decode/block_state.h"
#include "decode/samples.h"

namespace llmz {

class BlockEncoder {
 public:
  BlockEncoder(Session& session, const CoderSettings& coder, ReferenceState* reference,
               SpareThreads* spare = nullptr)
      : session_(session), state_(session, coder, reference, spare) {}
  // The round's payload. At most kMaxRoundBytes of content. Adds to `tokens`. `samples`: how
  // kSamples takes them; without it, as it finds them.
  Bytes encode(RoundMethod method, ByteView content, uint64_t& tokens,
               std::optional<SampleHead> samples = {});
  BlockState& state() { return state_; }

 private:
  Bytes encode_copies(ByteView content);
  template <class Coder>
  Bytes encode_tokens(Coder coder, const std::vector<uint32_t>& tokens, ByteView content);

  Session& session_;
  BlockState state_;
};

}  // namespace llmz
