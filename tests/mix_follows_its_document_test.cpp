// SPDX-License-Identifier: Apache-2.0
// Is the probability of every decision, in each of the six mixes, what docs/mixing.md says?
// LLMZ_ORACLE_DECISIONS in the environment: how many decisions are compared in all.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "frequency/frequency_table.h"
#include "mix/mixing_model.h"
#include "mix/rich_model.h"
#include "mix/rich_token_mix.h"
#include "mix/token_path.h"
#include "tests/mix_document_rich.h"
#include "tests/mix_document_rich_tokens.h"
#include "tests/mix_document_token_path.h"
#include "tests/mix_texts.h"

using namespace llmz;

namespace {

namespace document = llmz::mix_document;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kUsualDecisions = 60'000;
#else
constexpr size_t kUsualDecisions = 1'200'000;
#endif

// Of the mix of bytes, that of tokens, the rich ones of both.
size_t decisions_of_each_kind() {
  const char* const asked = std::getenv("LLMZ_ORACLE_DECISIONS");
  return (asked ? std::strtoull(asked, nullptr, 10) : kUsualDecisions) / 4;
}

const document::Tables& tables() {
  static const document::Tables read = document::tables_of(LLMZ_SOURCE "/docs/mixing.md");
  return read;
}

const test::MixTexts& texts() {
  static const test::MixTexts read(LLMZ_SOURCE);
  return read;
}

uint32_t below(std::mt19937& random, size_t end) { return static_cast<uint32_t>(random() % end); }

// Half of the decisions are of the smallest mix, whose history of 16 kB is written over; 23 and 27
// are beyond the bounds of the tables that do not grow with all of the memory.
struct Part {
  int memory_bits;
  size_t decisions;
};
std::vector<Part> parts(size_t all = decisions_of_each_kind()) {
  return {{16, all / 2}, {18, all / 6}, {23, all / 6}, {27, all / 6}};
}
// Each kind of rich mix has two designs.
std::vector<Part> parts_of_design() { return parts(decisions_of_each_kind() / 2); }

class Comparison {
 public:
  explicit Comparison(const Part& part) : part_(part) {}
  void compare(uint32_t of_document, uint32_t of_code) {
    if (of_document != of_code)
      FAIL("decision " << compared_ << " with memory " << part_.memory_bits << ": the document's "
                       << of_document << ", the code's " << of_code);
    ++compared_;
  }
  bool finished() const { return compared_ >= part_.decisions; }

 private:
  Part part_;
  size_t compared_ = 0;
};

void compare_bytes(const Part& part) {
  std::mt19937 random(static_cast<uint32_t>(part.memory_bits));
  document::Mix expected(part.memory_bits, false, tables());
  mix::MixingModel mix(part.memory_bits, false);
  Comparison comparison(part);
  while (!comparison.finished()) {
    const std::string text = texts().of(random, 1 + below(random, 9000));
    const uint32_t room = static_cast<uint32_t>(text.size() + below(random, 100));
    expected.begin_lanes(0, 1, room);
    mix.begin_lanes(0, 1, room);
    for (size_t i = 0; i < text.size() && !comparison.finished(); ++i) {
      const uint8_t byte = static_cast<uint8_t>(text[i]);
      expected.begin_byte(0);
      mix.begin_byte(0);
      for (int shift = 7; shift >= 0; --shift) {
        const uint32_t bit = byte >> shift & 1;
        comparison.compare(expected.predict(32768), mix.predict(32768));
        expected.learn(bit);
        mix.learn(bit);
      }
      expected.end_byte(byte);
      mix.end_byte(byte);
    }
  }
}

void compare_rich(const Part& part, bool second) {
  std::mt19937 random(static_cast<uint32_t>(part.memory_bits));
  document::RichMix expected(part.memory_bits, tables(), false, second);
  mix::RichModel mix(part.memory_bits, second ? mix::kSecondRichMix : mix::kRichMix);
  Comparison comparison(part);
  for (char c : texts().of(random, part.decisions / 8 + 1)) {
    const uint8_t byte = static_cast<uint8_t>(c);
    expected.begin_byte();
    mix.begin_byte();
    for (int shift = 7; shift >= 0; --shift) {
      const uint32_t bit = byte >> shift & 1;
      comparison.compare(expected.predict(), mix.predict());
      expected.learn(bit);
      mix.learn(bit);
    }
    expected.end_byte(byte);
    mix.end_byte(byte);
  }
}

// Tokens that the text has, many of which begin others.
Vocabulary vocabulary_of(std::mt19937& random, const std::string& text) {
  std::vector<std::string> tokens;
  while (tokens.size() < 500) {
    const size_t begin = below(random, text.size()),
                 length = 2 + below(random, 1 + below(random, 20));
    for (size_t n = length; n > 1; n -= 1 + below(random, 2))
      tokens.push_back(text.substr(begin, n));
  }
  return Vocabulary(std::move(tokens));
}

// The longest tokens that there are, now and then a shorter one.
std::vector<uint32_t> tokens_of(std::mt19937& random, const std::string& text,
                                const Vocabulary& vocabulary) {
  std::vector<uint32_t> tokens;
  for (size_t at = 0; at < text.size();) {
    size_t length = below(random, 8) == 0 ? 1 + below(random, 3) : vocabulary.max_token_bytes();
    length = std::min(length, text.size() - at);
    while (!vocabulary.find(std::string_view(text).substr(at, length))) --length;
    tokens.push_back(*vocabulary.find(std::string_view(text).substr(at, length)));
    at += length;
  }
  return tokens;
}

// Frequencies of a network that knows nothing, is sure of the right or a wrong token, or anything
// between.
std::vector<uint32_t> frequencies_for(std::mt19937& random, uint32_t token, uint32_t vocabulary) {
  std::vector<uint32_t> frequencies(vocabulary, 1);
  uint32_t rest = kFrequencyTotal - vocabulary;
  const auto give = [&](uint32_t to, uint32_t part) {
    frequencies[to] += part;
    rest -= part;
  };
  if (below(random, 3) != 0) give(token, below(random, 3) == 0 ? rest : below(random, rest + 1));
  for (size_t n = below(random, 100); n > 0; --n) {
    const uint32_t part = below(random, rest / 2 + 1);
    give(below(random, vocabulary), part);
  }
  give(below(random, vocabulary), rest);
  return frequencies;
}

// The mixes of tokens, of document and code, and how lanes begin in them.
struct LeanPair {
  explicit LeanPair(int memory_bits)
      : expected(memory_bits, true, tables()), mix(memory_bits, true) {}
  static constexpr uint32_t kMostLanes = 20;
  void begin_lanes(uint32_t source, uint32_t lanes, uint32_t room) {
    expected.begin_lanes(source, lanes, room);
    mix.begin_lanes(source, lanes, room);
  }
  document::Mix expected;
  mix::MixingModel mix;
};

template <bool second>
struct RichPair {
  explicit RichPair(int memory_bits)
      : expected(memory_bits, tables(), second),
        mix(memory_bits, second ? mix::kSecondRichMixBesideNetwork : mix::kRichMixBesideNetwork) {}
  static constexpr uint32_t kMostLanes = 1;
  void begin_lanes(uint32_t, uint32_t, uint32_t room) {
    expected.begin_lane(room);
    mix.begin(room);
  }
  document::RichTokenMix expected;
  mix::RichTokenMix mix;
};

// Tokens of many lanes, coded without order by both.
template <class Pair>
class TokenComparison {
 public:
  explicit TokenComparison(const Part& part)
      : random_(static_cast<uint32_t>(part.memory_bits)),
        text_(texts().of(random_, 1000 + part.decisions / 2)),
        vocabulary_(vocabulary_of(random_, text_)),
        said_(tokens_of(random_, text_, vocabulary_)),
        path_(vocabulary_),
        pair_(part.memory_bits),
        comparison_(part) {
    for (uint32_t id = 0; id < vocabulary_.size(); ++id)
      token_texts_.emplace_back(vocabulary_.bytes(id));
  }
  void run() {
    begin_lanes();
    while (!comparison_.finished()) {
      if (below(random_, 400) == 0) begin_lanes();
      const uint32_t lane = below(random_, cursors_.size());
      code(lane, said_[cursors_[lane]++ % said_.size()]);
    }
  }

 private:
  void begin_lanes() {
    const uint32_t source = below(random_, cursors_.size());
    const uint32_t lanes = 1 + below(random_, 1 + below(random_, Pair::kMostLanes)),
                   room = 1 + below(random_, 5000);
    pair_.begin_lanes(source, lanes, room);
    cursors_.resize(lanes);
    for (size_t& cursor : cursors_) cursor = below(random_, said_.size());
  }
  void code(uint32_t lane, uint32_t token) {
    const std::vector<uint32_t> frequencies = frequencies_for(random_, token, vocabulary_.size());
    std::vector<uint64_t> cumulative{0};
    for (uint32_t frequency : frequencies) cumulative.push_back(cumulative.back() + frequency);
    std::vector<std::pair<uint32_t, uint32_t>> decisions;
    const auto decided = [&](uint32_t p, uint32_t bit) { decisions.emplace_back(p, bit); };
    document::walk(pair_.expected, lane, token_texts_, cumulative, token, decided);
    table_.assign(frequencies.data(), vocabulary_.size());
    size_t next = 0;
    path_.walk(pair_.mix, lane, table_, token, [&](uint32_t p, uint32_t bit) {
      if (next == decisions.size() || decisions[next].second != bit) FAIL("another path");
      comparison_.compare(decisions[next++].first, p);
      return bit;
    });
    if (next != decisions.size()) FAIL("a decision is missing");
  }

  std::mt19937 random_;
  std::string text_;
  Vocabulary vocabulary_;
  std::vector<uint32_t> said_;
  mix::TokenPath path_;
  Pair pair_;
  Comparison comparison_;
  std::vector<std::string> token_texts_;  // of all ids
  FrequencyTable table_;
  std::vector<size_t> cursors_{0};  // of each lane, in what is said
};

}  // namespace

TEST_CASE("the files that the mixes are compared over are at hand") {
  CHECK(texts().complete());
  CHECK(tables().size() == 18);
}

TEST_CASE("the mix of bytes is the document's, decision by decision") {
  for (const Part& part : parts()) compare_bytes(part);
}

TEST_CASE("the mix of tokens beside a network is the document's, decision by decision") {
  for (const Part& part : parts()) TokenComparison<LeanPair>(part).run();
}

TEST_CASE("the rich mix is the document's, decision by decision") {
  for (const Part& part : parts_of_design()) compare_rich(part, false);
}

TEST_CASE("the second rich mix is the document's, decision by decision") {
  for (const Part& part : parts_of_design()) compare_rich(part, true);
}

TEST_CASE("the rich mix beside a network is the document's, decision by decision") {
  for (const Part& part : parts_of_design()) TokenComparison<RichPair<false>>(part).run();
}

TEST_CASE("the second rich mix beside a network is the document's, decision by decision") {
  for (const Part& part : parts_of_design()) TokenComparison<RichPair<true>>(part).run();
}
