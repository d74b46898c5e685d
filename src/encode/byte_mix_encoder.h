// SPDX-License-Identifier: Apache-2.0
// The inverse of decode/byte_mix.h.
#pragma once

#include "decode/byte_mix.h"

namespace llmz {

// Codes `content` with what the mix has learned, which it goes on learning from.
Bytes byte_mix_encode(mix::MixingModel& mix, ByteView content,
                      const ByteMixProgress& progress = {});
Bytes byte_mix_encode(mix::RichModel& mix, ByteView content, const ByteMixProgress& progress = {});

}  // namespace llmz
