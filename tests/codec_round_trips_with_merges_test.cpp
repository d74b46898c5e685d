// SPDX-License-Identifier: Apache-2.0
// Does a model whose tokens are those of a byte-level BPE give every content back?
#include <catch2/catch.hpp>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

TEST_CASE("a model file with merges comes back as it was") {
  const Tokenizer tokenizer = tiny_tokenizer_with_merges();
  const Bytes file = tiny_model_file(tokenizer);
  const auto model = parse_model(file, "test");
  CHECK(model->token_table.segmenter == tokenizer.segmenter());
  CHECK(serialize_model(model->exact, model->token_table, model->self_test) == file);
}

TEST_CASE("what is compressed with merges comes back, and in fewer tokens than bytes") {
  const Bytes words = text(6000, 1);
  std::vector<uint32_t> tokens;
  tiny_tokenizer_with_merges().encode(words, tokens);
  CHECK(tokens.size() * 10 < words.size() * 9);
  CompressSettings settings = with_lanes(3);
  settings.model = "merges";
  for (const Bytes& content :
       {words, random_bytes(4500, 2), repeated(' ', 5000), repeated('a', 70'000)}) {
    for (const RoundMethod method : {RoundMethod::kTokens, RoundMethod::kTokenMix}) {
      CHECK(decompressed(coded_as({{method, content}}, settings)) == content);
    }
    CHECK(decompressed(compressed(content, settings)) == content);
  }
}
