// SPDX-License-Identifier: Apache-2.0
// Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019): a word's bytes, each a
// token, are joined pair by pair, the pair that was learned first before all others.
//
// Immutable after construction; any number of threads may use one object.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "vocabulary/vocabulary.h"

namespace llmz {

// `left` followed by `right` becomes `token`, whose bytes are theirs joined.
struct Merge {
  uint32_t left = 0, right = 0, token = 0;
};

class BytePairs {
 public:
  // `byte_tokens`: the tokens of the 256 bytes. `merges` in the order in which they were learned,
  // fewer than 2^32; of several with the same pair the last one counts, as in GPT-2's encoder.py.
  BytePairs(const std::array<uint32_t, 256>& byte_tokens, const std::vector<Merge>& merges);

  // Appends the tokens of `text`, any bytes. It is cut into GPT-2's words, and those into pieces of
  // at most `max_word_bytes` (at least 4), between two characters; bytes that are not well-formed
  // UTF-8 become byte tokens. Time n log n in the length of a piece and linear in the rest; needs
  // 2 MB and some 30 bytes for each byte of the longest piece.
  void encode(ByteView text, std::vector<uint32_t>& tokens, size_t max_word_bytes) const;

  // Appends the tokens of one word, any bytes, without the cutting. Less than 2^32 bytes.
  void encode_word(ByteView word, std::vector<uint32_t>& tokens) const;

 private:
  struct Joined {
    uint32_t rank;
    uint32_t token;
  };
  struct Hash {
    size_t operator()(uint64_t pair) const {
      return static_cast<size_t>((pair ^ pair >> 29) * 0x9e3779b97f4a7c15 >> 20);
    }
  };
  class Joining;
  const Joined* find(uint32_t left, uint32_t right) const;

  std::array<uint32_t, 256> byte_tokens_;
  std::unordered_map<uint64_t, Joined, Hash> joined_;
};

// The stored form of merges over a vocabulary, docs/model-file.md: begins with kMergesMagic, which
// no ModelProto of sentencepiece begins with.
constexpr std::string_view kMergesMagic = "LLMZBPE1";
std::string serialize_merges(const std::vector<Merge>& merges);
// Throws Error{kModelBad} when the bytes are not what serialize_merges() writes, or the vocabulary
// lacks a token.
std::vector<Merge> parse_merges(std::string_view serialized, const Vocabulary& vocabulary);

}  // namespace llmz
