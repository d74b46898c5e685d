// SPDX-License-Identifier: Apache-2.0
// Which method for which bytes: the encoder's choice, of which a decoder only sees the result.
#pragma once

#include <vector>

#include "encode/block_encoder.h"

namespace llmz {

// Consecutive bytes of a segment that one method codes.
struct Run {
  RoundMethod method = RoundMethod::kStored;
  uint64_t begin = 0, size_bytes = 0;
  Found found = {};  // in all of them
};

// What a plan may choose from.
enum class PlanScope {
  kTokensOnly,  // the papers' coder: the network's tables, whatever the bytes are
  kNoNetwork,   // level 1
  kAll
};

struct PlanSettings {
  PlanScope scope;
  RoundMethod token_method;
  const CoderSettings& coder;
  ByteView reference;  // what looks like noise may repeat it; empty: there is none
};

// Whether to ask the rich mix about a text of at most 64 KB that the network has coded.
bool rich_mix_may_be_smaller(ByteView text, uint64_t network_bytes);

// Cuts a segment (at most kMaxRoundBytes) into runs. Texts that are not prose are tried with the
// network and with the rich mix on their first 64 KB (or, in one lane, with the rich mix beside
// the network and without it), binary data with the rich mix and LZMA2; level 1 has the
// lean mix instead. Bytes that look random are stored. All runs of tokens have one method. A new
// version of the reference is one run of copies. A segment that looks like a picture or sound as a
// whole becomes samples, if 64 KB from its middle are smaller so.
// `use_model` loads the model into the session; it is called when a text is to be tried. `tick` is
// called several times a second, and may throw to stop.
std::vector<Run> plan_segment(ByteView segment, const PlanSettings& settings, Session& session,
                              const std::function<void()>& use_model,
                              const std::function<void()>& tick);

}  // namespace llmz
