// SPDX-License-Identifier: Apache-2.0
// Is a stored vocabulary read back as it was, and a damaged one refused?
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/tokenizer_sample.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes serialized(const Vocabulary& vocabulary) {
  Bytes bytes;
  vocabulary.serialize(bytes);
  return bytes;
}

// The vocabulary, or nothing when it is refused as it should be.
std::optional<Vocabulary> parsed(const Bytes& bytes, size_t* used = nullptr) {
  ByteReader reader{ByteView(bytes)};
  try {
    Vocabulary vocabulary = Vocabulary::parse(reader);
    if (used != nullptr) *used = reader.position();
    return vocabulary;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kModelBad);
    return std::nullopt;
  }
}

void append_entry(Bytes& out, uint64_t shared, const std::string& rest) {
  append_varint(out, shared);
  append_varint(out, rest.size());
  out.insert(out.end(), rest.begin(), rest.end());
}

// A good vocabulary: "a" is followed by "ab"; `replace(bytes, token)` may write something else for
// any token.
template <typename Replace>
Bytes built(uint64_t count, Replace replace) {
  Bytes bytes;
  append_varint(bytes, count);
  for (int byte = 0; byte < 256; ++byte) {
    const std::string token(1, static_cast<char>(byte));
    if (!replace(bytes, token)) append_entry(bytes, 0, token);
    if (token == "a" && !replace(bytes, "ab")) append_entry(bytes, 1, "b");
  }
  return bytes;
}

auto instead_of(const std::string& wanted, uint64_t shared, const std::string& rest) {
  return [=](Bytes& bytes, const std::string& token) {
    if (token != wanted) return false;
    append_entry(bytes, shared, rest);
    return true;
  };
}

}  // namespace

TEST_CASE("a stored vocabulary is read back, and what follows it is left alone") {
  for (const Vocabulary& vocabulary :
       {Vocabulary(), Vocabulary({"ab", "abc", std::string(64, 'x')}),
        sample_tokenizer().vocabulary()}) {
    Bytes bytes = serialized(vocabulary);
    const size_t size = bytes.size();
    CHECK(size < 5 * vocabulary.size());
    bytes.push_back(1);
    size_t used = 0;
    const auto back = parsed(bytes, &used);
    REQUIRE(back.has_value());
    CHECK(used == size);
    REQUIRE(back->size() == vocabulary.size());
    for (uint32_t id = 0; id < vocabulary.size(); ++id)
      REQUIRE(back->bytes(id) == vocabulary.bytes(id));
  }
}

TEST_CASE("every truncation is refused") {
  const Bytes bytes = serialized(sample_tokenizer().vocabulary());
  for (size_t size = 0; size < bytes.size(); ++size) {
    if (parsed(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size))))
      FAIL_CHECK(size);
  }
}

TEST_CASE("whatever is accepted is what serialize() writes") {
  const Bytes bytes = serialized(sample_tokenizer().vocabulary());
  std::mt19937 random(1);
  size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    Bytes damaged = bytes;
    for (uint32_t i = below(random, 3) + 1; i > 0; --i) {
      damaged[below(random, static_cast<uint32_t>(damaged.size()))] ^=
          static_cast<uint8_t>(1 + below(random, 255));
    }
    size_t used = 0;
    const auto vocabulary = parsed(damaged, &used);
    if (!vocabulary) {
      ++refused;
      continue;
    }
    damaged.resize(used);
    REQUIRE(serialized(*vocabulary) == damaged);
  }
  CHECK(refused > 4000);
}

TEST_CASE("each rule is checked") {
  const auto unchanged = [](Bytes&, const std::string&) { return false; };
  REQUIRE(parsed(built(257, unchanged)).has_value());

  CHECK_FALSE(parsed(built(258, unchanged)));                         // one token missing
  CHECK_FALSE(parsed(built(255, unchanged)));                         // fewer than the bytes
  CHECK_FALSE(parsed(built(Vocabulary::kMaxTokens + 1, unchanged)));  // too many
  CHECK_FALSE(parsed(built(uint64_t{1} << 63, unchanged)));           // absurdly many
  CHECK_FALSE(parsed(built(256, unchanged)));                         // 0xff not reached
  CHECK_FALSE(parsed(built(257, instead_of("ab", 0, "ab"))));         // prefix not shared
  CHECK_FALSE(parsed(built(257, instead_of("ab", 2, "b"))));          // shares more than there is
  CHECK_FALSE(
      parsed(built(257, instead_of("ab", ~uint64_t{0}, "b"))));  // the sum of the lengths overflows
  CHECK_FALSE(parsed(built(257, instead_of("ab", 1, ""))));      // equal to the token before
  CHECK_FALSE(parsed(built(257, instead_of("ab", 0, "A"))));     // out of order
  CHECK_FALSE(parsed(built(257, instead_of("ab", 0, "b"))));     // twice
  CHECK_FALSE(parsed(built(257, instead_of("b", 0, "bb"))));     // a single byte missing
  CHECK_FALSE(parsed(built(257, instead_of("\xff", 0, "\xfe\xff"))));  // the last byte missing
  CHECK(parsed(built(257, instead_of("ab", 1, std::string(63, 'b')))));
  CHECK_FALSE(parsed(built(257, instead_of("ab", 1, std::string(64, 'b')))));  // 65 bytes
}

TEST_CASE("tokens that no vocabulary can hold are refused") {
  CHECK_THROWS_AS(Vocabulary({""}), Error);
  CHECK_THROWS_AS(Vocabulary({std::string(65, 'x')}), Error);
  CHECK_THROWS_AS(sentencepiece_vocabulary("not a model"), Error);
  CHECK_THROWS_AS(sentencepiece_vocabulary(""), Error);
}
