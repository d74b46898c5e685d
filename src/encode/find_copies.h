// SPDX-License-Identifier: Apache-2.0
// What of a new version stands in the old one.
#pragma once

#include <vector>

#include "decode/copies.h"

namespace llmz {

// The copies of a round that codes `content` behind `reference`, in order; none shorter than 32
// bytes. Greedy: each begins as early, and is as long, as the place found for it allows. 100 MB/s
// and faster. Memory: once or twice the reference's.
std::vector<Copy> find_copies(ByteView content, ByteView reference);

// Whether copies and literals cost less than what the statistics of any other method need for bytes
// that they are sure of.
bool is_new_version(ByteView content, const std::vector<Copy>& copies);

}  // namespace llmz
