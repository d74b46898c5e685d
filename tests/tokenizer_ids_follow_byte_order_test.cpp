// SPDX-License-Identifier: Apache-2.0
// Are token ids the positions of the tokens' bytes in sorted order, so that every byte prefix is a
// range of ids?
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/tokenizer_sample.h"

using namespace llmz;

namespace {

// Written again with memcmp, not with the string comparison that the code under test uses.
bool before(std::string_view a, std::string_view b) {
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order < 0 || (order == 0 && a.size() < b.size());
}

void check(const Vocabulary& vocabulary) {
  size_t longest = 0;
  for (uint32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.bytes(id);
    REQUIRE(!token.empty());
    longest = std::max(longest, token.size());
    if (id > 0) REQUIRE(before(vocabulary.bytes(id - 1), token));
    REQUIRE(vocabulary.find(token) == id);
  }
  CHECK(vocabulary.max_token_bytes() == longest);
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const uint32_t id = vocabulary.byte_id(static_cast<uint8_t>(byte));
    REQUIRE(vocabulary.bytes(id) == std::string(1, static_cast<char>(byte)));
  }
}

}  // namespace

TEST_CASE("ids follow the bytes, also above 0x7f and with NUL") {
  check(Vocabulary());
  check(Vocabulary(
      {"b", "ab", "a", "\xff\x01", "\x80zz", std::string("\0\0", 2), "ab", "\x7f\xff", "abc"}));
  check(test::sample_tokenizer().vocabulary());
}

TEST_CASE("the tokens that begin with a prefix are neighbours") {
  const Vocabulary& vocabulary = test::sample_tokenizer().vocabulary();
  for (uint32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.bytes(id);
    for (size_t length = 1; length <= token.size(); ++length) {
      const std::string_view prefix = token.substr(0, length);
      int changes = 0;
      bool inside = false;
      for (uint32_t other = 0; other < vocabulary.size(); ++other) {
        const bool begins = vocabulary.bytes(other).substr(0, length) == prefix;
        changes += begins != inside;
        inside = begins;
      }
      REQUIRE(changes <= 2);
    }
  }
}

TEST_CASE("equal tokens become one, and a single byte is never a second token") {
  CHECK(Vocabulary().size() == 256);
  CHECK(Vocabulary({"ab", "ab", "a"}).size() == 257);
  CHECK_FALSE(Vocabulary().find("ab").has_value());
  CHECK_FALSE(Vocabulary().find("").has_value());
  CHECK_FALSE(Vocabulary().find("\xff\xff").has_value());
}
