// SPDX-License-Identifier: Apache-2.0
// What bytes look like, from how often each comes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace llmz {

enum class Kind { kText, kBinary, kRandom, kOneByte };

struct KindRun {
  Kind kind;
  uint64_t begin, size_bytes;
};

// Runs of one kind, found in pieces of 16 KB.
std::vector<KindRun> kind_runs(ByteView segment);

// The share of the bytes that are likely to repeat what stood before: 200 MB/s.
double repeated_share(ByteView bytes);

// What things that come so often cost by that alone, in bits; `total` is the sum of the counts.
double entropy_bits(const uint32_t* counts, size_t size, size_t total);

}  // namespace llmz
