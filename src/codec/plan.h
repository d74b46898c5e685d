// SPDX-License-Identifier: Apache-2.0
// Which method for which bytes: the encoder's choice, of which a decoder only sees the result.
#pragma once

#include <vector>

#include "codec/session.h"
#include "container/frame.h"

namespace llmz {

// Consecutive bytes of a segment that one method codes.
struct Run {
  RoundMethod method = RoundMethod::kStored;
  uint64_t begin = 0, size_bytes = 0;
};

// What a plan may choose from.
enum class PlanScope {
  kTokensOnly,  // the papers' coder: the network's tables, whatever the bytes are
  kNoNetwork,   // level 1
  kAll
};

// Cuts a segment (at most kMaxRoundBytes) into runs. Texts are tried with and without the network
// on their first 64 KB, binary data with the mix and LZMA2; bytes that look random are stored.
// `use_model` loads the model into the session; it is called when a text is to be tried.
std::vector<Run> plan_segment(ByteView segment, PlanScope scope, RoundMethod token_method,
                              const CoderSettings& coder, Session& session,
                              const std::function<void()>& use_model);

}  // namespace llmz
