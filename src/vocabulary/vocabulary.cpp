// SPDX-License-Identifier: Apache-2.0
#include "vocabulary/vocabulary.h"

#include <algorithm>
#include <utility>

namespace llmz {
namespace {

size_t common_prefix(std::string_view a, std::string_view b) {
  size_t length = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + length, b.begin()).first -
                             a.begin());
}

[[noreturn]] void bad(const std::string& message) {
  throw Error(ErrorKind::kModelBad, "vocabulary: " + message);
}

// One entry of the stored form; `previous` is empty before the first one.
std::string parse_token(ByteReader& reader, const std::string& previous, uint64_t index) {
  const std::string where = "token " + std::to_string(index) + ": ";
  const uint64_t shared = reader.varint("a token's shared prefix");
  const uint64_t rest = reader.varint("a token's length");
  if (shared > previous.size()) {
    bad(where + "shares " + std::to_string(shared) + " bytes with a token of " +
        std::to_string(previous.size()));
  }
  if (rest == 0 || rest > Vocabulary::kMaxTokenBytes - shared) {
    bad(where + std::to_string(shared) + " + " + std::to_string(rest) + " bytes, expected 1 to " +
        std::to_string(Vocabulary::kMaxTokenBytes) + " with at least one new byte");
  }
  std::string token = previous.substr(0, shared);
  token += reader.take(rest, "a token").text();
  if (index > 0 && !(previous < token)) bad(where + "not after the token before it");
  if (common_prefix(previous, token) != shared) bad(where + "shared prefix is not the longest");
  return token;
}

std::vector<std::string> parse_tokens(ByteReader& reader) {
  const uint64_t count = reader.varint("the vocabulary's size");
  if (count < 256 || count > Vocabulary::kMaxTokens) {
    bad(std::to_string(count) + " tokens, expected 256 to " +
        std::to_string(Vocabulary::kMaxTokens));
  }
  std::vector<std::string> tokens;
  std::string previous;
  for (uint64_t i = 0; i < count; ++i) {
    previous = parse_token(reader, previous, i);
    tokens.push_back(previous);
  }
  return tokens;
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> tokens) {
  for (const std::string& token : tokens) {
    if (token.empty() || token.size() > kMaxTokenBytes) {
      bad("a token of " + std::to_string(token.size()) + " bytes, expected 1 to " +
          std::to_string(kMaxTokenBytes));
    }
  }
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  // std::string compares as memcmp, whatever the sign of char.
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  if (tokens.size() > kMaxTokens) {
    bad(std::to_string(tokens.size()) + " tokens, expected at most " + std::to_string(kMaxTokens));
  }

  offsets_.reserve(tokens.size() + 1);
  offsets_.push_back(0);
  for (const std::string& token : tokens) {
    if (token.size() == 1) byte_ids_[static_cast<uint8_t>(token[0])] = size();
    text_ += token;
    offsets_.push_back(static_cast<uint32_t>(text_.size()));
    max_token_bytes_ = std::max(max_token_bytes_, token.size());
  }
}

void Vocabulary::serialize(Bytes& out) const {
  append_varint(out, size());
  std::string_view previous;
  for (uint32_t id = 0; id < size(); ++id) {
    const std::string_view token = bytes(id);
    const size_t shared = common_prefix(previous, token);
    append_varint(out, shared);
    append_varint(out, token.size() - shared);
    out.insert(out.end(), token.begin() + static_cast<ptrdiff_t>(shared), token.end());
    previous = token;
  }
}

Vocabulary Vocabulary::parse(ByteReader& reader) {
  std::vector<std::string> tokens;
  try {
    tokens = parse_tokens(reader);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kModelBad) throw;
    bad(error.what());
  }
  const size_t count = tokens.size();
  Vocabulary vocabulary(std::move(tokens));
  if (vocabulary.size() != count) {
    bad(std::to_string(vocabulary.size() - count) + " of the 256 single bytes are missing");
  }
  return vocabulary;
}

std::optional<uint32_t> Vocabulary::find(std::string_view wanted) const {
  uint32_t low = 0;
  uint32_t high = size();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (bytes(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < size() && bytes(low) == wanted) return low;
  return std::nullopt;
}

}  // namespace llmz
