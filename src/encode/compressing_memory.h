// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "decode/block_memory.h"
#include "llmz/compress.h"

namespace llmz {

// What compressing takes in segments of this size. model: that of the settings; nullopt without.
// content_bytes: what waits for its turn.
uint64_t compressing_bytes(const CompressSettings& settings, const std::optional<ModelInfo>& model,
                           uint64_t segment_bytes, uint64_t content_bytes);

}  // namespace llmz
