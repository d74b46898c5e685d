// SPDX-License-Identifier: Apache-2.0
// Does decode(encode(x)) give x for every byte string x, with a real model and without one?
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/hard_spans.h"
#include "tests/one_line.h"
#include "tests/tokenizer_sample.h"

using namespace llmz;
using namespace std::string_literals;
using namespace llmz::test;

namespace {

std::vector<uint32_t> encoded(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<uint32_t> tokens;
  tokenizer.encode(ByteView(text), tokens);
  return tokens;
}

bool survives(const Tokenizer& tokenizer, const std::string& text) {
  Bytes back;
  tokenizer.decode(encoded(tokenizer, text), back);
  return ByteView(back).text() == text;
}

void check(const std::string& text) {
  INFO(text.size() << " bytes, beginning with " << text.substr(0, 100));
  CHECK(survives(sample_tokenizer(), text));
  CHECK(survives(byte_tokenizer(), text));
}

std::string repeated(const std::string& unit, size_t size_bytes) {
  std::string text;
  while (text.size() < size_bytes) text += unit;
  text.resize(size_bytes);
  return text;
}

}  // namespace

// A trie of 256 nodes that all point far behind its end; sentencepiece 0.1.97 walks it unchecked.
static std::string forged_table() {
  std::string table("\x00\x04\x00\x00", 4);
  for (int i = 0; i < 256; ++i) table += std::string("\x00\xfc\xff\x7f", 4);
  return "\x1a\x89\x08\x12\x86\x08" + table + std::string("x\0", 2);
}

TEST_CASE("random bytes survive") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string text(below(random, 2000), '\0');
    // From all bytes to a few neighbouring ones: 0xe0 + 0..31 makes much that is nearly UTF-8.
    const uint32_t range = 1 + below(random, 256);
    const uint32_t base = below(random, 256);
    for (char& c : text) c = static_cast<char>(base + below(random, range));
    check(text);
  }
}

TEST_CASE("random well-formed UTF-8 survives") {
  std::mt19937 random(2);
  const uint32_t limits[] = {0x80, 0x800, 0x3000, 0x10000, 0x110000};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (uint32_t i = below(random, 600); i > 0; --i) {
      const uint32_t code_point = below(random, limits[round % 5]);
      if (code_point < 0xd800 || code_point > 0xdfff) text += utf8(code_point);
    }
    check(text);
  }
}

TEST_CASE("every hard span survives, alone and beside every other") {
  check("");
  for (const std::string& a : hard_spans()) {
    check(a);
    check("lomi" + a + "gra");
    check(repeated(a, 10'000));
    for (const std::string& b : hard_spans()) check(a + b);
  }
}

TEST_CASE("mixtures of text, hard spans and noise survive, and so does each beginning of them") {
  std::mt19937 random(3);
  const std::string text = sample_text(20'000, 3);
  for (int round = 0; round < 100; ++round) {
    std::string mixed;
    for (int part = 0; part < 20; ++part) {
      switch (below(random, 3)) {
        case 0:
          mixed += text.substr(below(random, 19'000), below(random, 300));
          break;
        case 1:
          mixed += hard_spans()[below(random, static_cast<uint32_t>(hard_spans().size()))];
          break;
        default:
          mixed += static_cast<char>(random());
      }
    }
    check(mixed);
    for (size_t cut = 1; cut < 60 && cut < mixed.size(); ++cut) check(mixed.substr(0, cut));
  }
}

TEST_CASE("characters that fall on the longest word's end survive") {
  for (size_t before = Tokenizer::kMaxWordBytes - 5; before <= Tokenizer::kMaxWordBytes; ++before) {
    for (const std::string& span : hard_spans()) check(std::string(before, 'x') + span + "yz");
  }
}

TEST_CASE("a megabyte without a place to cut survives, in linear time") {
  constexpr size_t kMegabyte = 1'000'000;
  const auto start = std::chrono::steady_clock::now();
  for (const char byte : {'a', ' ', '\n', '\0', '\x81', '\xe2', '\xff'}) {
    const std::string text(kMegabyte, byte);
    CHECK(survives(sample_tokenizer(), text));
  }
  std::string line = sample_text(kMegabyte, 4);
  std::replace(line.begin(), line.end(), '\n', ' ');
  CHECK(survives(sample_tokenizer(), line));
  line.erase(std::remove(line.begin(), line.end(), ' '), line.end());
  CHECK(survives(sample_tokenizer(), line));
  CHECK(survives(sample_tokenizer(), repeated("<unk>", kMegabyte)));
  CHECK(survives(sample_tokenizer(), repeated("\xe2\x96\x81", kMegabyte)));
  CHECK(survives(sample_tokenizer(), repeated("a\xff", kMegabyte)));
  // What is quadratic would take hours. Loose, for busy machines and sanitizers.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(120));
}

TEST_CASE("text is really segmented, not only written as bytes") {
  const std::string text = sample_text(50'000, 5);
  const size_t tokens = encoded(sample_tokenizer(), text).size();
  CHECK(tokens * 2 < text.size());
  CHECK(encoded(byte_tokenizer(), text).size() == text.size());

  // A damaged byte costs the text around it little.
  std::string damaged = text;
  for (size_t at = 500; at < damaged.size(); at += 1000) damaged[at] = '\xff';
  CHECK(encoded(sample_tokenizer(), damaged).size() < tokens + 50 * 8);
}

TEST_CASE("line ends, tabs and equal words cost what they should") {
  const auto count = [](const std::string& text) {
    return encoded(sample_tokenizer(), text).size();
  };
  CHECK(count("\r\n") == 1);
  CHECK(count("\n\n") == 1);
  CHECK(count("\t\t\t") == 2);
  CHECK(count("    ") <= 2);
  const std::string word = " bagra";
  CHECK(count(word + word + word) == 3 * count(word));
}

TEST_CASE("a model whose pieces the vocabulary lacks still loses nothing") {
  const Tokenizer tokenizer(Vocabulary(std::vector<std::string>{"con", " de"}), sample_model());
  CHECK(survives(tokenizer, sample_text(5'000, 6)));
}

TEST_CASE("a model's own ideas about spaces are overruled, or at least lose nothing") {
  // Joined protocol buffers are merged; field 3 of ModelProto is the normalizer's specification.
  const std::string adds_and_removes_spaces =
      sample_model() + std::string("\x1a\x04\x18\x01\x20\x01", 6);
  const std::string spaces_not_escaped = sample_model() + std::string("\x1a\x02\x28\x00", 4);
  const std::string text = "  lomi   gra\n" + sample_text(5'000, 9) + "  ";
  const Tokenizer spaces(sample_tokenizer().vocabulary(), adds_and_removes_spaces);
  CHECK(encoded(spaces, text) == encoded(sample_tokenizer(), text));
  CHECK(survives(Tokenizer(sample_tokenizer().vocabulary(), spaces_not_escaped), text));
}

TEST_CASE("a model whose last field takes in what is put behind it is refused") {
  // A field 15 of 1 to 20 bytes that are not there, a group that does not end, half a tag, field 0.
  for (const std::string& end :
       {"\x7a\x01"s, "\x7a\x08"s, "\x7a\x0e"s, "\x7a\x14"s, "\x7b"s, "\x7c"s, "\x79"s, "\x7d"s,
        "\x78"s, "\xfa"s, "\0"s, "\x7e"s, "\x7a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    const std::string forged = sample_model() + forged_table() + end;
    CHECK_THROWS_AS(Tokenizer(sample_tokenizer().vocabulary(), forged), Error);
  }
}

TEST_CASE("a forged table of the normalizer is not followed") {
  const std::string forged = sample_model() + forged_table();
  const Tokenizer tokenizer(sample_tokenizer().vocabulary(), forged);
  const std::string text = sample_text(5'000, 11);
  CHECK(encoded(tokenizer, text) == encoded(sample_tokenizer(), text));
}

TEST_CASE("a model that normalizes what it reads loses nothing") {
  // NFKC: composes accents, divides ligatures, narrows full-width letters; the pieces are all
  // known.
  OneLine sample(sample_text(60'000));
  std::string model;
  const auto status =
      sentencepiece::SentencePieceTrainer::Train({{"vocab_size", "400"},
                                                  {"byte_fallback", "true"},
                                                  {"normalization_rule_name", "nmt_nfkc"},
                                                  {"max_sentence_length", "100000"},
                                                  {"minloglevel", "3"}},
                                                 &sample, &model);
  REQUIRE(status.ok());
  const Tokenizer tokenizer(sentencepiece_vocabulary(model), model);
  for (const std::string& span : hard_spans()) {
    CHECK(survives(tokenizer, span));
    CHECK(survives(tokenizer, "lomi " + span + "gra"));
  }
  const std::string full_width =
      "lo\xef\xbd\x8d\xef\xbd\x89 \xef\xac\x81gra e\xcc\x81 \xef\xbc\x91";
  CHECK(survives(tokenizer, full_width));
  CHECK(survives(tokenizer, full_width + sample_text(5'000, 10)));
}

TEST_CASE("encode and decode append") {
  std::vector<uint32_t> tokens = {7};
  sample_tokenizer().encode(ByteView(std::string_view("lo mi")), tokens);
  REQUIRE(tokens.size() > 1);
  CHECK(tokens[0] == 7);
  tokens.erase(tokens.begin());
  Bytes text = {'x'};
  sample_tokenizer().decode(tokens, text);
  CHECK(ByteView(text).text() == "xlo mi");
}

TEST_CASE("an id that is not in the vocabulary is an error and appends nothing") {
  Bytes text = {'x'};
  try {
    byte_tokenizer().decode({65, 256}, text);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kCorrupt);
  }
  CHECK(text.size() == 1);
}

TEST_CASE("what is not a sentencepiece model is refused") {
  for (const std::string& bad : {std::string("not a model"), sample_model().substr(0, 1000)}) {
    try {
      Tokenizer tokenizer(Vocabulary(), bad);
      // Cut between two pieces it may still be a model, but then it has to be lossless.
      CHECK(survives(tokenizer, sample_text(1'000, 7)));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::kModelBad);
    }
  }
}

TEST_CASE("threads that share a tokenizer get the same tokens") {
  const std::string text = sample_text(100'000, 8);
  const std::vector<uint32_t> expected = encoded(sample_tokenizer(), text);
  std::vector<std::vector<uint32_t>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] { sample_tokenizer().encode(ByteView(text), result); });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == expected);
}
