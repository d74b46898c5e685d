// SPDX-License-Identifier: Apache-2.0
// Text files in, token packs out, a held-out part taken aside before anything is learned from the
// text.
#pragma once

#include <string>
#include <vector>

#include "tokenizer/tokenizer.h"
#include "train/mixture.h"
#include "train/token_pack.h"

namespace llmz::train {

struct Documents {
  std::vector<std::string> training, held_out;
  uint64_t training_bytes = 0, held_out_bytes = 0;
};

// Draws documents from each source in an order that the seed gives. A document ends at a NUL byte
// or at the end of its file; one longer than 1 MB is cut at a line end. Which documents are held
// out is decided by a hash of their content alone, so that no draw, seed or mixture trains on what
// another one holds out, and a copy of a document is on the same side; of those drawn, the first
// max_held_out_bytes are kept and the others dropped. Files are read twice (ends of documents, then
// what is drawn), standard input once; memory is what is drawn. Throws kIo, and kUsage when nothing
// is left to train on.
Documents read_documents(const std::vector<Source>& sources, uint64_t seed, double held_out_share,
                         uint64_t max_held_out_bytes);

// At most max_bytes of the training documents, evenly spread: for learning the vocabulary.
std::string vocabulary_sample(const Documents& documents, uint64_t max_bytes);

// Every document's tokens with a NUL token after each.
TokenPack tokenize(const std::vector<std::string>& documents, const Tokenizer& tokenizer);

}  // namespace llmz::train
