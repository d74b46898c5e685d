// SPDX-License-Identifier: Apache-2.0
// The files of a byte-level BPE: vocab.json and merges.txt as GPT-2 came with, or tokenizer.json.
// Both write a token's bytes as characters, one for each byte, none of them white space.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/byte_pairs.h"

namespace llmz::hf {

struct ByteLevelBpe {
  // What each id stands for, up to the largest one; empty where the merges never arrive: such
  // entries (<|endoftext|>, madeupword0000) are no text.
  std::vector<std::string> bytes;
  std::array<uint32_t, 256> byte_ids{};
  std::vector<Merge> merges;
  std::map<std::string, uint32_t> specials;  // the entries without bytes, by name
  bool space_at_start = false;  // the original puts a space before a text that begins with none
};

// Throw Error{kIo} when a file cannot be read, {kModelBad} when it is too large, damaged, or of a
// kind that llmz has not; the message names the file. Every id is less than `rows`, the number of
// rows of the model's embedding, and stands for one token; unused rows are allowed.
ByteLevelBpe read_vocab_and_merges(const std::string& vocab_path, const std::string& merges_path,
                                   uint32_t rows);
ByteLevelBpe read_tokenizer_json(const std::string& path, uint32_t rows);
// The same of lists: tokens by id, and "left right" for each merge. `path` is for messages.
ByteLevelBpe bpe_of_lists(const std::vector<std::string_view>& tokens,
                          const std::vector<std::string_view>& merges, const std::string& path,
                          uint32_t rows);

}  // namespace llmz::hf
