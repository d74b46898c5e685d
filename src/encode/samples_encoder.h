// SPDX-License-Identifier: Apache-2.0
// The inverse of decode/samples.h.
#pragma once

#include "decode/samples.h"

namespace llmz {

// `head` may have more bytes before the samples than there are.
Bytes samples_encode(ByteView content, SampleHead head,
                     const std::function<void(uint64_t)>& progress = {});

}  // namespace llmz
