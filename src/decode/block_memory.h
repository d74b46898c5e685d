// SPDX-License-Identifier: Apache-2.0
// What the blocks of a call may take, and what one takes: upper bounds.
#pragma once

#include <cstdint>

#include "container/frame.h"

namespace llmz {

// What blocks side by side may take together: the caller's limit, or without one (0) half of what
// the process may use.
uint64_t memory_for_blocks(uint64_t limit_bytes);

// What decoding a frame takes, whatever its rounds are. model_bytes: of the model and its engine.
uint64_t decoding_bytes(const FrameHeader& header, uint64_t model_bytes);

// Throws kLimit. what: "compress", "decode".
void check_memory(uint64_t needed_bytes, uint64_t limit_bytes, const char* what);

}  // namespace llmz
