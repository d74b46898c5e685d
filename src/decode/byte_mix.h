// SPDX-License-Identifier: Apache-2.0
// Bytes through a mix alone: no model, no tokens, one lane.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "mix/mixing_model.h"
#include "mix/rich_model.h"

namespace llmz {

// Called with the bytes of a round done so far, about every 10 ms; may throw to stop.
using ByteMixProgress = std::function<void(uint64_t done_bytes)>;

// Decodes with what the mix has learned, which it goes on learning from. 0.3-0.5 MB/s, the rich mix
// 0.1 MB/s. Throws Error{kCorrupt}.
Bytes byte_mix_decode(mix::MixingModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress = {});
Bytes byte_mix_decode(mix::RichModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress = {});

// Learns from content that both directions know.
void byte_mix_learn(mix::MixingModel& mix, ByteView content, const ByteMixProgress& progress = {});
void byte_mix_learn(mix::RichModel& mix, ByteView content, const ByteMixProgress& progress = {});

}  // namespace llmz
