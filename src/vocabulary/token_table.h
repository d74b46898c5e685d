// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vocabulary/vocabulary.h"

namespace llmz {

// What a model file says of its tokens.
struct TokenTable {
  static constexpr uint32_t kMostCost = 1 << 20;

  Vocabulary vocabulary;
  // What each token costs cheapest_tokens(): 1 to kMostCost.
  std::vector<uint32_t> costs;
  // Of encoders alone (tokenizer/tokenizer.h).
  std::string segmenter;
};

}  // namespace llmz
