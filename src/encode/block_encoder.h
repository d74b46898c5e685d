// SPDX-License-Identifier: Apache-2.0
// The content of a block in, the payloads of its rounds out.
//
// A round is coded with what all rounds of the block before it have taught, so an encoder that has
// coded a round cannot take it back: what is to be thrown away ends the block.
#pragma once

#include <optional>
#include <vector>

#include "decode/block_state.h"
#include "decode/copies.h"
#include "decode/samples.h"

namespace llmz {

// What was found in a content.
struct Found {
  std::optional<SampleHead> samples;        // for kSamples
  std::optional<std::vector<Copy>> copies;  // for kCopies
};

class BlockEncoder {
 public:
  BlockEncoder(Session& session, const CoderSettings& coder, ReferenceState* reference,
               SpareThreads* spare = nullptr)
      : session_(session), state_(session, coder, reference, spare) {}
  // The round's payload. At most kMaxRoundBytes of content. Adds to `tokens`. What was not found
  // yet, and the method needs, it finds.
  Bytes encode(RoundMethod method, ByteView content, uint64_t& tokens, const Found& found = {});
  BlockState& state() { return state_; }

 private:
  Bytes encode_samples(ByteView content, const std::optional<SampleHead>& head);
  Bytes encode_copies(ByteView content, const std::vector<Copy>& copies);
  template <class Coder>
  Bytes encode_tokens(Coder coder, const std::vector<uint32_t>& tokens, ByteView content);

  Session& session_;
  BlockState state_;
};

}  // namespace llmz
