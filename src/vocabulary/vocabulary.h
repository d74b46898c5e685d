// SPDX-License-Identifier: Apache-2.0
// The vocabulary: what every token id means, in bytes.
//
// Ids are positions in the list of byte strings sorted by unsigned bytes (as memcmp, a prefix
// before what it begins). Therefore all tokens that begin with the same bytes are neighbours: a
// byte prefix is a range of ids, and the cumulative frequencies at the two ends of the range give
// its probability. All 256 single bytes are tokens, so that every byte string has an encoding.
//
// Immutable after construction; any number of threads may use one object.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace llmz {

class Vocabulary {
 public:
  static constexpr size_t kMaxTokenBytes = 64;
  static constexpr size_t kMaxTokens = size_t{1} << 20;

  // The 256 single bytes and `tokens`, sorted, each once. Throws Error{kModelBad} when a token is
  // empty or longer than kMaxTokenBytes, or when there are more than kMaxTokens.
  explicit Vocabulary(std::vector<std::string> tokens = {});

  // The stored form: varint number of tokens; then for each token in order the varint length of the
  // prefix that it shares with the token before, the varint length of the rest, and the rest.
  void serialize(Bytes& out) const;

  // Reads what serialize() wrote. Throws Error{kModelBad} unless the bytes are exactly what
  // serialize() writes for some vocabulary.
  static Vocabulary parse(ByteReader& reader);

  uint32_t size() const { return static_cast<uint32_t>(offsets_.size() - 1); }

  // `id` must be less than size().
  std::string_view bytes(uint32_t id) const {
    return {text_.data() + offsets_[id], offsets_[id + 1] - offsets_[id]};
  }

  // The token with exactly these bytes. Logarithmic time.
  std::optional<uint32_t> find(std::string_view bytes) const;

  // The token of one byte. Constant time.
  uint32_t byte_id(uint8_t byte) const { return byte_ids_[byte]; }

  // Length of the longest token, at most kMaxTokenBytes.
  size_t max_token_bytes() const { return max_token_bytes_; }

 private:
  std::string text_;               // all tokens, one after the other
  std::vector<uint32_t> offsets_;  // token i is text_[offsets_[i], offsets_[i + 1])
  std::array<uint32_t, 256> byte_ids_{};
  size_t max_token_bytes_ = 0;
};

}  // namespace llmz
