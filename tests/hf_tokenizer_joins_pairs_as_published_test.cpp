// SPDX-License-Identifier: Apache-2.0
// Does byte-pair encoding join what the plain algorithm (Sennrich et al. 2016, bpe() of GPT-2's
// encoder.py) joins, and is text cut into the words of its expression?
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/hard_spans.h"
#include "tests/hf_tokenizer_sample.h"
#include "tokenizer/gpt2_words.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// Again and again looks for the pair of the lowest rank and joins it everywhere, left to right.
std::vector<std::string> joined_plainly(const SmallBpe& bpe, const std::string& text) {
  std::map<std::pair<std::string, std::string>, size_t> ranks;
  for (size_t i = 0; i < bpe.merges.size(); ++i) ranks[bpe.merges[i]] = i;
  std::vector<std::string> word;
  for (const char c : text) word.emplace_back(1, c);
  for (;;) {
    auto best = ranks.end();
    for (size_t i = 0; i + 1 < word.size(); ++i) {
      const auto pair = ranks.find({word[i], word[i + 1]});
      if (pair != ranks.end() && (best == ranks.end() || pair->second < best->second)) best = pair;
    }
    if (best == ranks.end()) return word;
    std::vector<std::string> joined;
    for (size_t i = 0; i < word.size(); ++i) {
      if (i + 1 < word.size() && word[i] == best->first.first &&
          word[i + 1] == best->first.second) {
        joined.push_back(word[i] + word[i + 1]);
        ++i;
      } else {
        joined.push_back(word[i]);
      }
    }
    word = std::move(joined);
  }
}

std::vector<std::string> tokens_of(const hf::Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::string> tokens;
  for (uint32_t id : ids_of(tokenizer, text)) tokens.push_back(tokenizer.bytes(id));
  return tokens;
}

std::string random_text(std::mt19937& random, const std::string& letters, uint32_t max_length) {
  std::string text;
  for (uint32_t i = below(random, max_length) + 1; i > 0; --i) {
    text += letters[below(random, static_cast<uint32_t>(letters.size()))];
  }
  return text;
}

// What is a letter, a digit, a space in the texts below, written down from Unicode's tables.
enum class Kind { kLetter, kDigit, kSpace, kOther };
struct Character {
  uint32_t code_point;
  Kind kind;
};
const std::vector<Character> kCharacters = {
    {'s', Kind::kLetter},   {'t', Kind::kLetter},    {'r', Kind::kLetter},
    {'e', Kind::kLetter},   {'l', Kind::kLetter},    {'S', Kind::kLetter},
    {0xe9, Kind::kLetter},  {0x65e5, Kind::kLetter}, {0x10400, Kind::kLetter},
    {'1', Kind::kDigit},    {0xbd, Kind::kDigit},    {0x663, Kind::kDigit},
    {0x2160, Kind::kDigit}, {'\'', Kind::kOther},    {'!', Kind::kOther},
    {'_', Kind::kOther},    {0, Kind::kOther},       {0x1f, Kind::kOther},
    {0x301, Kind::kOther},  {0x180e, Kind::kOther},  {0x200b, Kind::kOther},
    {0xfeff, Kind::kOther}, {0x1f680, Kind::kOther}, {' ', Kind::kSpace},
    {' ', Kind::kSpace},    {'\t', Kind::kSpace},    {'\n', Kind::kSpace},
    {'\r', Kind::kSpace},   {0x85, Kind::kSpace},    {0xa0, Kind::kSpace},
    {0x1680, Kind::kSpace}, {0x2003, Kind::kSpace},  {0x2028, Kind::kSpace},
    {0x202f, Kind::kSpace}, {0x3000, Kind::kSpace},
};

// The alternatives of the expression one after the other; in characters.
size_t first_word(const std::vector<Character>& text) {
  const auto is = [&](size_t at, Kind kind) { return at < text.size() && text[at].kind == kind; };
  for (const std::string ending : {"s", "t", "re", "ve", "m", "ll", "d"}) {
    if (text[0].code_point != '\'' || text.size() <= ending.size()) continue;
    bool same = true;
    for (size_t i = 0; i < ending.size(); ++i) {
      same = same && text[i + 1].code_point == static_cast<uint8_t>(ending[i]);
    }
    if (same) return ending.size() + 1;
  }
  for (const Kind kind : {Kind::kLetter, Kind::kDigit, Kind::kOther}) {
    const size_t begin = text[0].code_point == ' ' ? 1 : 0;
    size_t end = begin;
    while (is(end, kind)) ++end;
    if (end > begin) return end;
  }
  size_t end = 0;
  while (is(end, Kind::kSpace)) ++end;
  return end == text.size() || end == 1 ? end : end - 1;
}

}  // namespace

TEST_CASE("random merges join what the plain algorithm joins") {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const std::string letters = round % 2 == 0 ? "ab" : "abcd";
    SmallBpe bpe = random_bpe(random, letters, 2 + below(random, 60));
    // In every third round some token is used before it is made.
    if (round % 3 == 0) {
      for (size_t i = bpe.merges.size(); i > 1; --i) {
        std::swap(bpe.merges[i - 1], bpe.merges[below(random, static_cast<uint32_t>(i))]);
      }
    }
    const hf::Tokenizer tokenizer = bpe.open();
    for (int word = 0; word < 100; ++word) {
      const std::string text = random_text(random, letters, word % 10 == 0 ? 300 : 20);
      INFO(text);
      REQUIRE(tokens_of(tokenizer, text) == joined_plainly(bpe, text));
    }
  }
}

TEST_CASE("of two merges of the same pair the last one counts") {
  SmallBpe bpe;
  bpe.merge("a", "b");
  bpe.merge("b", "c");
  bpe.merge("a", "b");
  CHECK(tokens_of(bpe.open(), "abc") == std::vector<std::string>{"a", "bc"});
}

TEST_CASE("text is cut into the words of the expression") {
  std::mt19937 random(2);
  Gpt2Words words;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Character> text;
    for (uint32_t i = below(random, 12) + 1; i > 0; --i) {
      // Few different ones in a text, so that runs come about.
      const uint32_t limit = round % 2 == 0 ? static_cast<uint32_t>(kCharacters.size()) : 4;
      const uint32_t index = below(random, limit) + (round % 2 == 0 ? 0 : below(random, 2) * 20);
      text.push_back(kCharacters[index]);
    }
    std::string bytes;
    for (const Character& c : text) bytes += utf8(c.code_point);
    INFO(bytes);
    for (size_t at = 0; !text.empty();) {
      const size_t expected = first_word(text);
      std::string word;
      for (size_t i = 0; i < expected; ++i) word += utf8(text[i].code_point);
      const size_t length = words.length(ByteView(bytes), at);
      REQUIRE(bytes.substr(at, length) == word);
      at += length;
      text.erase(text.begin(), text.begin() + static_cast<ptrdiff_t>(expected));
    }
  }
}

TEST_CASE("vocab.json with merges.txt and tokenizer.json in both its forms give the same ids") {
  std::mt19937 random(3);
  const SmallBpe bpe = random_bpe(random, "ab \xc3\xa9", 40);
  const auto config = config_of(hf::Family::kGpt2, static_cast<uint32_t>(bpe.tokens.size()));
  const Folder folder;
  const auto strings = hf::Tokenizer::open_file(
      folder.write("strings.json", bpe.tokenizer_json(false).dump()), config);
  const auto pairs =
      hf::Tokenizer::open_file(folder.write("pairs.json", bpe.tokenizer_json(true).dump()), config);
  const hf::Tokenizer files = bpe.open();
  for (int round = 0; round < 200; ++round) {
    const std::string text =
        random_text(random, "ab \xc3\xa9", 40) + hard_spans()[below(random, 20)];
    CHECK(ids_of(strings, text) == ids_of(files, text));
    CHECK(ids_of(pairs, text) == ids_of(files, text));
  }
}

TEST_CASE("a space is put before a text where tokenizer.json asks for it") {
  SmallBpe bpe;
  bpe.merge(" ", "a");
  nlohmann::json json = bpe.tokenizer_json(false);
  json["pre_tokenizer"]["add_prefix_space"] = true;
  const Folder folder;
  const auto tokenizer = hf::Tokenizer::open_file(folder.write("tokenizer.json", json.dump()),
                                                  config_of(hf::Family::kGpt2, 257));
  CHECK(tokens_of(tokenizer, "a") == std::vector<std::string>{" a"});
  CHECK(tokens_of(tokenizer, " a") == std::vector<std::string>{" a"});
  CHECK(ids_of(tokenizer, "").empty());
  CHECK(joined_bytes(tokenizer, ids_of(tokenizer, "a", false)) == "a");
}
