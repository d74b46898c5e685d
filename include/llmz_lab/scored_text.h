// SPDX-License-Identifier: Apache-2.0
// A text token by token: what each cost, and what the model expected in its place.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "llmz/estimate.h"
#include "llmz_lab/language_model.h"

namespace llmz {

// One entry for each token in all three lists. Memory: 32 bytes a token.
struct ScoredText {
  std::vector<uint32_t> tokens;
  std::vector<float> bits;
  std::vector<Guesses> guesses;
  // What a token stands for; empty for special ones.
  std::function<std::string(uint32_t)> bytes;
};

// Of a table of frequencies that sums to 2^24.
Guesses best_guesses(const uint32_t* frequencies, size_t vocabulary);

// estimate() of the frozen network, token by token. Throws as estimate().
Estimate score_text(ByteSource& in, const Models& models, const CompressSettings& settings,
                    ScoredText& scored, const Progress& progress);

}  // namespace llmz
