// SPDX-License-Identifier: Apache-2.0
// A Hugging Face tokenizer as the coder needs it: lossless for any bytes, ids in byte order.
#pragma once

#include <cstdint>
#include <vector>

#include "hf/tokenizer.h"
#include "tokenizer/tokenizer.h"

namespace llmz::hf {

struct SortedVocabulary {
  llmz::Tokenizer tokenizer;
  // For each of its ids, the id of the original: the row of the embedding to take.
  std::vector<uint32_t> original_ids;
};

// Leaves out special and unused tokens, those longer than Vocabulary::kMaxTokenBytes, and of
// several with the same bytes (LLaMA has the piece A and the byte <0x41>) all but the one that the
// original uses for them. Of the rest, those with the highest ids are left out, too, until the size
// is a multiple of `multiple` (the exact network wants 16; they are the last that GPT-2 learned, or
// LLaMA's rarest characters); single bytes stay, and are written instead. Texts get no prefix.
// Throws Error{kModelBad} when a byte has no token.
SortedVocabulary sorted_vocabulary(const Tokenizer& original, uint32_t multiple = 1);

}  // namespace llmz::hf
