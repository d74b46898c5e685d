// SPDX-License-Identifier: Apache-2.0
// Text files in, token packs out, a held-out part taken aside before anything is learned from the
// text.
#pragma once

#include <string>
#include <vector>

#include "tokenizer/tokenizer.h"
#include "train/token_pack.h"

namespace llmz::train {

struct Documents {
  std::vector<std::string> training, held_out;
  uint64_t training_bytes = 0, held_out_bytes = 0;
};

// Reads files and folders (recursively, in the order of their names). Documents end at a NUL byte
// or at the end of a file; longer ones than 1 MB are cut at a line end. A share of them, chosen by
// a hash of their content so that a copy of a document is on the same side, is held out, up to
// max_held_out_bytes.
Documents read_documents(const std::vector<std::string>& paths, double held_out_share,
                         uint64_t max_held_out_bytes);

// At most max_bytes of the training documents, evenly spread: for learning the vocabulary.
std::string vocabulary_sample(const Documents& documents, uint64_t max_bytes);

// Every document's tokens with a NUL token after each.
TokenPack tokenize(const std::vector<std::string>& documents, const Tokenizer& tokenizer);

}  // namespace llmz::train
