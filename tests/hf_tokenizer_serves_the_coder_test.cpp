// SPDX-License-Identifier: Apache-2.0
// Does the coder's tokenizer that is made from a Hugging Face one have the right row for each
// token, choose the same tokens, and lose nothing?
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "hf/sorted_vocabulary.h"
#include "tests/hard_spans.h"
#include "tests/hf_tokenizer_sample.h"
#include "tokenizer/byte_pairs.h"

using namespace llmz;
using namespace llmz::test;

namespace {

bool survives(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<uint32_t> tokens;
  tokenizer.encode(ByteView(text), tokens);
  Bytes back;
  tokenizer.decode(tokens, back);
  return ByteView(back).text() == text;
}

void check_lossless(const Tokenizer& tokenizer) {
  for (const std::string& a : hard_spans()) {
    CHECK(survives(tokenizer, a));
    CHECK(survives(tokenizer, "lomi" + a + " gra" + a));
    CHECK(survives(tokenizer, std::string(4094, 'a') + a + a));
  }
  CHECK(survives(tokenizer, sample_text(20'000)));
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::string text(below(random, 1000), '\0');
    const uint32_t range = 1 + below(random, 256);
    for (char& c : text) c = static_cast<char>(97 + below(random, range));
    CHECK(survives(tokenizer, text));
  }
  CHECK(survives(tokenizer, std::string(1'000'000, 'a')));
}

void check_rows(const hf::SortedVocabulary& sorted, const hf::Tokenizer& original) {
  const Vocabulary& vocabulary = sorted.tokenizer.vocabulary();
  REQUIRE(sorted.original_ids.size() == vocabulary.size());
  for (uint32_t id = 0; id < vocabulary.size(); ++id) {
    REQUIRE(original.bytes(sorted.original_ids[id]) == vocabulary.bytes(id));
  }
  const std::set<uint32_t> rows(sorted.original_ids.begin(), sorted.original_ids.end());
  CHECK(rows.size() == sorted.original_ids.size());
}

std::vector<uint32_t> original_ids(const hf::SortedVocabulary& sorted, const std::string& text) {
  std::vector<uint32_t> tokens;
  sorted.tokenizer.encode(ByteView(text), tokens);
  for (uint32_t& token : tokens) token = sorted.original_ids[token];
  return tokens;
}

bool refused(const Vocabulary& vocabulary, const std::string& segmenter) {
  try {
    Tokenizer(vocabulary, segmenter);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kModelBad);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a byte-level BPE gives the coder the original's tokens") {
  const hf::SortedVocabulary sorted = hf::sorted_vocabulary(small_gpt2());
  CHECK(sorted.tokenizer.vocabulary().size() == 256 + 14);
  check_rows(sorted, small_gpt2());
  check_lossless(sorted.tokenizer);
  const std::string text = sample_text(20'000);
  CHECK(original_ids(sorted, text) == ids_of(small_gpt2(), text));
  CHECK(original_ids(sorted, "\xff lomi\xe6\x97") == ids_of(small_gpt2(), "\xff lomi\xe6\x97"));
}

TEST_CASE("a sentencepiece model gives the coder the original's pieces") {
  const hf::SortedVocabulary sorted = hf::sorted_vocabulary(small_llama());
  check_rows(sorted, small_llama());
  check_lossless(sorted.tokenizer);
  const std::string text = "lomi bagra con de " + sample_text(500).substr(0, 200);
  CHECK(original_ids(sorted, text) == ids_of(small_llama(), text, false));
}

TEST_CASE("of a piece and a byte with the same meaning the piece is taken") {
  const hf::Tokenizer& llama = small_llama();
  const hf::SortedVocabulary sorted = hf::sorted_vocabulary(llama);
  const uint32_t row = sorted.original_ids[sorted.tokenizer.vocabulary().byte_id('a')];
  CHECK(ids_of(llama, "a", false) == std::vector<uint32_t>{row});
  size_t with_these_bytes = 0;
  for (uint32_t id = 0; id < llama.size(); ++id) with_these_bytes += llama.bytes(id) == "a";
  CHECK(with_these_bytes == 2);
}

TEST_CASE("tokens that are too long for the coder are left out, and what is made of them") {
  SmallBpe bpe;
  for (size_t n = 1; n <= 64; n *= 2) bpe.merge(std::string(n, 'a'), std::string(n, 'a'));
  bpe.merge(std::string(64, 'a'), "b");
  bpe.merge(std::string(128, 'a'), "b");
  const hf::Tokenizer original = bpe.open();
  CHECK(ids_of(original, std::string(128, 'a')).size() == 1);
  const hf::SortedVocabulary sorted = hf::sorted_vocabulary(original);
  CHECK(sorted.tokenizer.vocabulary().size() == 256 + 6);
  check_rows(sorted, original);
  check_lossless(sorted.tokenizer);
  CHECK(original_ids(sorted, std::string(128, 'a')).size() == 2);
}

TEST_CASE("the vocabulary's size is rounded down where that is asked") {
  for (const hf::Tokenizer* original : {&small_gpt2(), &small_llama()}) {
    const hf::SortedVocabulary sorted = hf::sorted_vocabulary(*original, 16);
    const uint32_t size = sorted.tokenizer.vocabulary().size();
    CHECK(size % 16 == 0);
    CHECK(size + 16 > hf::sorted_vocabulary(*original).tokenizer.vocabulary().size());
    check_rows(sorted, *original);
    check_lossless(sorted.tokenizer);
  }
}

TEST_CASE("the real vocabularies serve the coder") {
  for (const bool llama : {false, true}) {
    const fs::path folder = real_tokenizer(llama ? "llama" : "gpt2");
    if (folder.empty()) continue;
    const auto original =
        hf::Tokenizer::open(folder.string(), llama ? config_of(hf::Family::kLlama, 32000)
                                                   : config_of(hf::Family::kGpt2, 50257));
    const hf::SortedVocabulary sorted = hf::sorted_vocabulary(original);
    check_rows(sorted, original);
    check_lossless(sorted.tokenizer);
    const std::string text = "The vocabulary's size is rounded down where that is asked for.";
    CHECK(original_ids(sorted, text) == ids_of(original, text, false));
  }
}

TEST_CASE("merges come back as they were, and damaged ones are refused or lose nothing") {
  const hf::SortedVocabulary sorted = hf::sorted_vocabulary(small_gpt2());
  const Vocabulary& vocabulary = sorted.tokenizer.vocabulary();
  const std::string& good = sorted.tokenizer.segmenter();
  CHECK(serialize_merges(parse_merges(good, vocabulary)) == good);
  CHECK_FALSE(refused(vocabulary, good));
  for (size_t size = kMergesMagic.size(); size < good.size(); ++size) {
    CHECK(refused(vocabulary, good.substr(0, size)));
  }
  CHECK(refused(vocabulary, good + '\0'));
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = good;
    damaged[8 + below(random, static_cast<uint32_t>(good.size()) - 8)] ^=
        static_cast<char>(1 + below(random, 255));
    if (refused(vocabulary, damaged)) continue;
    CHECK(survives(Tokenizer(vocabulary, damaged), "lomi con aaaaa \xe6\x97\xa5 ba"));
  }
}

TEST_CASE("each rule of stored merges is checked") {
  const Vocabulary vocabulary({"ab"});
  const auto stored = [](std::vector<uint64_t> numbers) {
    Bytes bytes(kMergesMagic.begin(), kMergesMagic.end());
    for (uint64_t number : numbers) append_varint(bytes, number);
    return std::string(bytes.begin(), bytes.end());
  };
  const uint32_t a = vocabulary.byte_id('a'), b = vocabulary.byte_id('b');
  CHECK_FALSE(refused(vocabulary, stored({1, a, b})));
  CHECK_FALSE(refused(vocabulary, stored({0})));
  CHECK(refused(vocabulary, stored({1, b, a})));            // makes no token
  CHECK(refused(vocabulary, stored({1, a, 257})));          // no such token
  CHECK(refused(vocabulary, stored({2, a, b})));            // one is missing
  CHECK(refused(vocabulary, stored({0, a, b})));            // left over
  CHECK(refused(vocabulary, stored({uint64_t{1} << 60})));  // asks for too much memory
  CHECK(refused(vocabulary, "LLMZBPE"));
  CHECK(refused(vocabulary, "LLMZBPE2"));
}
