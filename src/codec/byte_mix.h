// SPDX-License-Identifier: Apache-2.0
// Bytes through a mix alone: no model, no tokens, one lane. Eight decisions a byte, the high bit
// first.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "mix/mixing_model.h"
#include "mix/rich_model.h"

namespace llmz {

// Called with the bytes of a round done so far, about every 10 ms; may throw to stop.
using ByteMixProgress = std::function<void(uint64_t done_bytes)>;

// Codes `content` with what the mix has learned, which it goes on learning from. 0.3-0.5 MB/s, the
// rich mix 0.1 MB/s.
Bytes byte_mix_encode(mix::MixingModel& mix, ByteView content,
                      const ByteMixProgress& progress = {});
Bytes byte_mix_encode(mix::RichModel& mix, ByteView content, const ByteMixProgress& progress = {});

// The inverse, with a mix in the same state. Throws Error{kCorrupt}.
Bytes byte_mix_decode(mix::MixingModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress = {});
Bytes byte_mix_decode(mix::RichModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress = {});

}  // namespace llmz
