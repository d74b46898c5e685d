// SPDX-License-Identifier: Apache-2.0
// A text as tokens by a rule in integers, so that every decoder gives the same: the least sum of
// costs, and where that leaves a choice, the shortest first token, then the second one, and so on.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "vocabulary/vocabulary.h"

namespace llmz {

// costs: of each token, at least 1. Memory: 9 bytes for each byte of the text. Speed: 5 MB/s.
std::vector<uint32_t> cheapest_tokens(const Vocabulary& vocabulary,
                                      const std::vector<uint32_t>& costs, ByteView text);

}  // namespace llmz
