// SPDX-License-Identifier: Apache-2.0
// A table of frequencies, one for each token, that sums to 2^24: token <-> interval for the range
// coder.
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/range_coder.h"

namespace llmz {

struct TokenInterval {
  uint32_t token;
  uint32_t cumulative_low;
  uint32_t frequency;
};

// A view of one row of Head::frequencies() with an index over blocks of tokens. Building it is one
// pass, which also checks the row; a lookup then touches one block and a binary search over the
// blocks.
class FrequencyTable {
 public:
  static constexpr uint32_t kBlock = 64;

  // Throws kInternal unless every frequency is at least 1 and they sum to 2^24.
  void assign(const uint32_t* frequencies, uint32_t vocabulary);

  // The interval of a token. token < vocabulary.
  TokenInterval interval(uint32_t token) const;
  // The sum of the frequencies of all tokens below `token`, which is at most vocabulary.
  uint32_t cumulative(uint32_t token) const;
  // The token whose interval holds `target`, which is below 2^24.
  TokenInterval find(uint32_t target) const;

 private:
  const uint32_t* frequencies_ = nullptr;
  uint32_t vocabulary_ = 0;
  std::vector<uint32_t> block_low_;  // cumulative frequency where each block begins
};

}  // namespace llmz
