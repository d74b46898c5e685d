// SPDX-License-Identifier: Apache-2.0
// Do the ids of a Hugging Face tokenizer stand for the text, whatever bytes it is, and in time?
#include <sentencepiece_processor.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/hard_spans.h"
#include "tests/hf_tokenizer_sample.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// The tokenizers under test, with what goes before a text.
struct Subject {
  std::string name;
  const hf::Tokenizer& tokenizer;
  std::string prefix;
};

const hf::Tokenizer& real_gpt2(const fs::path& folder) {
  static const auto tokenizer =
      hf::Tokenizer::open(folder.string(), config_of(hf::Family::kGpt2, 50257));
  return tokenizer;
}
const hf::Tokenizer& real_llama(const fs::path& folder) {
  static const auto tokenizer =
      hf::Tokenizer::open(folder.string(), config_of(hf::Family::kLlama, 32000));
  return tokenizer;
}

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = [] {
    std::vector<Subject> list = {{"small GPT-2", small_gpt2(), ""},
                                 {"small LLaMA", small_llama(), " "}};
    const fs::path gpt2 = real_tokenizer("gpt2");
    if (!gpt2.empty()) list.push_back({"GPT-2", real_gpt2(gpt2), ""});
    const fs::path llama = real_tokenizer("llama");
    if (!llama.empty()) list.push_back({"LLaMA", real_llama(llama), " "});
    return list;
  }();
  return all;
}

void check(const std::string& text) {
  for (const Subject& s : subjects()) {
    INFO(s.name << ", " << text.size() << " bytes, beginning with " << text.substr(0, 100));
    CHECK(joined_bytes(s.tokenizer, ids_of(s.tokenizer, text, false)) == text);
    CHECK(joined_bytes(s.tokenizer, ids_of(s.tokenizer, text, true)) ==
          (text.empty() ? "" : s.prefix + text));
  }
}

}  // namespace

TEST_CASE("random bytes survive Hugging Face's tokens") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string text(below(random, 1000), '\0');
    const uint32_t range = 1 + below(random, 256);
    const uint32_t base = below(random, 256);
    for (char& c : text) c = static_cast<char>(base + below(random, range));
    check(text);
  }
}

TEST_CASE("every hard span survives Hugging Face's tokens, alone and in a text") {
  check("");
  for (const std::string& a : hard_spans()) {
    check(a);
    check("lomi" + a + " gra");
    for (const std::string& b : hard_spans()) check(a + b);
  }
  check(sample_text(20'000));
}

TEST_CASE("a megabyte of one byte is no trouble") {
  for (const char byte : {'a', ' ', '\n', '1', '!', '\0', '\xff'}) {
    const std::string text(1'000'000, byte);
    for (const Subject& s : subjects()) {
      const auto start = std::chrono::steady_clock::now();
      const auto ids = ids_of(s.tokenizer, text, false);
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      INFO(s.name << ", byte " << int{byte} << ": " << seconds.count() << " s");
      CHECK(joined_bytes(s.tokenizer, ids) == text);
      // Quadratic time would be hours. 0.2 s is usual; loose, for busy machines and sanitizers.
      CHECK(seconds.count() < 20);
    }
  }
}

TEST_CASE("words one by one give sentencepiece's ids of the whole text") {
  for (const Subject& s : subjects()) {
    if (s.prefix.empty()) continue;
    const bool real = s.name == "LLaMA";
    const std::string proto =
        real ? read_whole(real_tokenizer("llama") / "tokenizer.model") : small_llama_proto();
    sentencepiece::SentencePieceProcessor whole;
    REQUIRE(whole.LoadFromSerializedProto(proto).ok());
    for (uint32_t seed = 1; seed <= 20; ++seed) {
      std::string text = sample_text(3'000, seed) + "  \n\n   x \xe6\x97\xa5\xf0\x9f\x98\x80  ";
      if (seed % 2 == 0) text = "  " + text;
      std::vector<int> pieces;
      REQUIRE(whole.Encode(text, &pieces).ok());
      INFO(s.name);
      CHECK(ids_of(s.tokenizer, text) == std::vector<uint32_t>(pieces.begin(), pieces.end()));
    }
  }
}

TEST_CASE("the names of special tokens are text") {
  SmallBpe bpe;
  const Folder folder;
  nlohmann::json vocabulary = bpe.vocabulary();
  vocabulary["<|endoftext|>"] = 256;
  folder.write("vocab.json", vocabulary.dump());
  folder.write("merges.txt", bpe.merges_txt());
  const auto tokenizer = hf::Tokenizer::open(folder.path(), config_of(hf::Family::kGpt2, 257));
  CHECK(tokenizer.eos() == 256);
  CHECK(tokenizer.bytes(256).empty());
  CHECK(ids_of(tokenizer, "<|endoftext|>").size() == 13);
}

TEST_CASE("threads that share a Hugging Face tokenizer get the same ids") {
  const std::string text = sample_text(50'000, 8);
  for (const Subject& s : subjects()) {
    const auto expected = ids_of(s.tokenizer, text);
    std::vector<std::vector<uint32_t>> results(3);
    std::vector<std::thread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { s.tokenizer.encode(ByteView(text), result); });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& result : results) CHECK(result == expected);
  }
}
