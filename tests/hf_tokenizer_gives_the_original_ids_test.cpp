// SPDX-License-Identifier: Apache-2.0
// Are the ids of GPT-2 and LLaMA those that Hugging Face's tokenizers give? tests/fixtures/
// llama.cpp-vectors.md says where the texts and ids come from. The vocabularies are not in the
// repository; without them there is nothing to ask.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/hf_tokenizer_sample.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::vector<std::string> cut_at(const std::string& text, const std::string& end) {
  std::vector<std::string> parts;
  size_t at = 0;
  for (size_t found; (found = text.find(end, at)) != text.npos; at = found + end.size()) {
    parts.push_back(text.substr(at, found - at));
  }
  return parts;
}

std::vector<uint32_t> numbers(const std::string& line) {
  std::istringstream in(line);
  std::vector<uint32_t> ids;
  for (uint32_t id; in >> id;) ids.push_back(id);
  return ids;
}

void check_vectors(const hf::Tokenizer& tokenizer, const fs::path& texts_path) {
  const auto texts = cut_at(read_whole(texts_path), "\n__ggml_vocab_test__\n");
  const auto lines = cut_at(read_whole(fs::path(texts_path).replace_extension(".out")), "\n");
  INFO(texts_path.string());
  REQUIRE(texts.size() > 40);
  REQUIRE(texts.size() == lines.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    INFO("text " << i << ": " << texts[i]);
    CHECK(ids_of(tokenizer, texts[i]) == numbers(lines[i]));
  }
}

// Files of the same form in shared/, if there are any: gpt-2* and llama-spm*, perhaps after a
// prefix.
void check_more_vectors(const hf::Tokenizer& tokenizer, const std::string& name) {
  const fs::path folder = real_tokenizer("vectors");
  if (folder.empty()) return;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() == ".inp" &&
        file.path().filename().string().find(name) != std::string::npos) {
      check_vectors(tokenizer, file.path());
    }
  }
}

const fs::path kFixtures = fs::path(LLMZ_SOURCE) / "tests/fixtures";

}  // namespace

TEST_CASE("GPT-2's ids are those of the original") {
  const fs::path folder = real_tokenizer("gpt2");
  if (folder.empty()) return;
  const auto tokenizer = hf::Tokenizer::open(folder.string(), config_of(hf::Family::kGpt2, 50257));
  CHECK(tokenizer.size() == 50257);
  CHECK(tokenizer.bos() == 50256);
  CHECK(tokenizer.eos() == 50256);
  CHECK(tokenizer.bytes(50256).empty());
  CHECK(tokenizer.bytes(262) == " the");
  CHECK(tokenizer.added_at_start().empty());
  check_vectors(tokenizer, kFixtures / "llama.cpp-gpt-2.inp");
  check_more_vectors(tokenizer, "gpt-2");
}

TEST_CASE("LLaMA's ids are those of the original") {
  const fs::path folder = real_tokenizer("llama");
  if (folder.empty()) return;
  const auto tokenizer = hf::Tokenizer::open(folder.string(), config_of(hf::Family::kLlama, 32000));
  CHECK(tokenizer.size() == 32000);
  CHECK(tokenizer.bos() == 1);
  CHECK(tokenizer.eos() == 2);
  CHECK(tokenizer.added_at_start() == std::vector<uint32_t>{1});
  CHECK(tokenizer.bytes(1).empty());
  CHECK(tokenizer.bytes(13) == "\n");
  CHECK(tokenizer.bytes(278) == " the");
  check_vectors(tokenizer, kFixtures / "llama.cpp-llama-spm.inp");
  check_more_vectors(tokenizer, "llama-spm");
}
