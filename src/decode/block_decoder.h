// SPDX-License-Identifier: Apache-2.0
// The rounds of a block in, its content out.
#pragma once

#include "decode/block_state.h"

namespace llmz {

class BlockDecoder {
 public:
  BlockDecoder(Session& session, const CoderSettings& coder, ReferenceState* reference,
               SpareThreads* spare = nullptr)
      : state_(session, coder, reference, spare) {}
  // The round's content. Throws Error{kCorrupt}.
  Bytes decode(const Round& round);
  BlockState& state() { return state_; }

 private:
  template <class Coder>
  Bytes decode_tokens(Coder coder, const Round& round);

  BlockState state_;
};

}  // namespace llmz
