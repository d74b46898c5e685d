// SPDX-License-Identifier: Apache-2.0
// A token pack: the tokens of a training text in a file, so that a machine can train without the
// text or the tokenizer.
//
// Layout: the 8 bytes "LLMZPACK", the vocabulary size (4 bytes, little-endian), one byte for each
// token with its length in bytes, then the tokens, 2 bytes each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace llmz::train {

struct TokenPack {
  std::vector<uint8_t> token_bytes;  // length of each token of the vocabulary
  std::vector<uint16_t> tokens;

  // PREFIX.0.pack, PREFIX.1.pack, ... of at most 28 MB each, every one a pack of its own; and back.
  // kIo or kCorrupt.
  static TokenPack read_parts(const std::string& prefix);
  void write_parts(const std::string& prefix) const;

  // Of the contents: 64-bit FNV-1a, which needs no library.
  uint64_t hash() const;
};

}  // namespace llmz::train
