// SPDX-License-Identifier: Apache-2.0
// Bytes through the bitwise mix alone: no model, no tokens, one lane.
#pragma once

#include "base/bytes.h"
#include "mix/mixing_model.h"

namespace llmz {

// Codes `content` with what the mix has learned, which it goes on learning from. 0.3-0.5 MB/s.
Bytes byte_mix_encode(mix::MixingModel& mix, ByteView content);

// The inverse, with a mix in the same state. Throws Error{kCorrupt}.
Bytes byte_mix_decode(mix::MixingModel& mix, ByteView payload, uint64_t content_size_bytes);

}  // namespace llmz
