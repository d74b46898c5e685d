// SPDX-License-Identifier: Apache-2.0
// Does training give a vocabulary of exactly the size that was asked for, whatever the sample looks
// like, or a clear error?
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "tests/tokenizer_sample.h"

using namespace llmz;

TEST_CASE("a trained vocabulary has exactly the size that was asked for") {
  for (const uint32_t size : {300u, 333u, 450u}) {
    train::VocabularyOptions options;
    options.vocabulary_size = size;
    const std::string model = train::train_sentencepiece(test::sample_text(60'000), options);
    const Vocabulary vocabulary = sentencepiece_vocabulary(model);
    CHECK(vocabulary.size() == size);
    for (const char* token : {"\n", "\n\n", "\r\n", "\r\n\r\n", "\t", "\t\t", "\n\t", " "})
      CHECK(vocabulary.find(token).has_value());
    CHECK_FALSE(vocabulary.find("\xe2\x96\x81").has_value());
  }
}

TEST_CASE("training is repeatable") {
  train::VocabularyOptions options;
  options.vocabulary_size = test::kSampleVocabularySize;
  CHECK(train::train_sentencepiece(test::sample_text(60'000), options) == test::sample_model());
}

TEST_CASE("documents, CRLF, noise and long lines in the sample teach nothing wrong") {
  std::string sample;
  for (uint32_t i = 0; i < 30; ++i) {
    std::string document = test::sample_text(2'000, i);
    size_t at = 0;
    while ((at = document.find('\n', at)) != std::string::npos) {
      document.replace(at, 1, "\r\n");
      at += 2;
    }
    sample += document + '\0' + "bad \xff line\n" + "\xe2\x96\x81\nlomi.\rgra.\r\n";
  }
  std::string line = test::sample_text(30'000);
  std::replace(line.begin(), line.end(), '\n', ' ');
  train::VocabularyOptions options;
  options.vocabulary_size = 350;
  options.max_lines = 500;
  const std::string model = train::train_sentencepiece(sample + line, options);
  const Vocabulary vocabulary = sentencepiece_vocabulary(model);
  CHECK(vocabulary.size() == 350);
  for (uint32_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary.bytes(id);
    if (token.size() == 1 || token.find_first_not_of("\r\n\t") == std::string_view::npos) continue;
    CHECK(token.find_first_of(std::string_view("\0\r\n\t\xff", 5)) == std::string_view::npos);
    const size_t space = token.find_last_of(' ');
    if (space != std::string_view::npos) CHECK(token.find_first_not_of(' ') >= space);
  }
}

TEST_CASE("a sample that cannot give the vocabulary is an error of usage") {
  const auto kind_for = [](const std::string& sample, uint32_t size) {
    train::VocabularyOptions options;
    options.vocabulary_size = size;
    try {
      train::train_sentencepiece(sample, options);
    } catch (const Error& error) {
      INFO(error.what());
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  const std::string text = test::sample_text(20'000);
  CHECK(kind_for("", 300) == ErrorKind::kUsage);
  CHECK(kind_for(" \n\n\r\n", 300) == ErrorKind::kUsage);
  CHECK(kind_for("\xff\xfe", 300) == ErrorKind::kUsage);
  CHECK(kind_for("a", 300) == ErrorKind::kUsage);
  CHECK(kind_for("one line", 4096) == ErrorKind::kUsage);
  CHECK(kind_for(text, 30'000) == ErrorKind::kUsage);
  CHECK(kind_for(text, 257) == ErrorKind::kUsage);
  CHECK(kind_for(text, 100) == ErrorKind::kUsage);
}
