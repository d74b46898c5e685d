// SPDX-License-Identifier: Apache-2.0
// Does a GGUF file's tokenizer lose nothing, and is one that llmz has not refused by its name?
#include <catch2/catch.hpp>

#include "gguf_builder.h"
#include "hf/gguf.h"
#include "hf/gguf_tokenizer.h"
#include "hf_tokenizer_sample.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// GPT-2's, of bytes and two merges.
GgufBuilder with_byte_pairs() {
  GgufBuilder b = small_gguf_llama();
  std::vector<std::string> names;
  for (int byte = 0; byte < 256; ++byte)
    names.push_back(gguf_text(characters(std::string(1, static_cast<char>(byte)))));
  for (const char* word : {"th", "the", "<|end|>", "<pad>"}) names.push_back(gguf_text(word));
  b.values["tokenizer.ggml.model"] = gguf_string("gpt2");
  b.values["tokenizer.ggml.pre"] = gguf_string("gpt-2");
  b.values["tokenizer.ggml.tokens"] = gguf_array(8, names);
  b.values["tokenizer.ggml.merges"] = gguf_array(8, {gguf_text("t h"), gguf_text("th e")});
  b.values["tokenizer.ggml.bos_token_id"] = gguf_u32(258);
  b.values.erase("tokenizer.ggml.scores");
  b.values.erase("tokenizer.ggml.token_type");
  return b;
}

hf::Tokenizer open(const GgufBuilder& builder) {
  const Folder folder;
  const std::string path = folder.write("model.gguf", builder.file());
  hf::Config config = config_of(hf::Family::kLlama, 261);
  config.bos = 1;
  return hf::Tokenizer::open(path, config);
}

std::string error_of(const GgufBuilder& builder) {
  try {
    open(builder);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("sentencepiece out of a GGUF file gives ids that stand for the text") {
  const hf::Tokenizer tokenizer = open(small_gguf_llama());
  CHECK(tokenizer.size() == 261);
  CHECK(tokenizer.added_at_start() == std::vector<uint32_t>{1});
  CHECK(ids_of(tokenizer, "aa b", false) == std::vector<uint32_t>{259, 259, 260, 3 + 'b'});
  CHECK(ids_of(tokenizer, "a", true) == std::vector<uint32_t>{260, 259});
  const std::string bytes("\0\xff the a", 8);
  CHECK(joined_bytes(tokenizer, ids_of(tokenizer, bytes, false)) == bytes);
  GgufBuilder without = small_gguf_llama();
  without.values["tokenizer.ggml.add_space_prefix"] = gguf_bool(false);
  without.values["tokenizer.ggml.add_bos_token"] = gguf_bool(false);
  const hf::Tokenizer plain = open(without);
  CHECK(plain.added_at_start().empty());
  CHECK(ids_of(plain, "a", true) == std::vector<uint32_t>{259});
}

TEST_CASE("byte pairs out of a GGUF file join as its merges say") {
  const hf::Tokenizer tokenizer = open(with_byte_pairs());
  CHECK(ids_of(tokenizer, "the th") == std::vector<uint32_t>{257, ' ', 256});
  const std::string bytes("\0\xff the a", 8);
  CHECK(joined_bytes(tokenizer, ids_of(tokenizer, bytes)) == bytes);
  CHECK(tokenizer.bytes(258).empty());
}

TEST_CASE("other tokenizers, and lists that do not fit, are refused") {
  GgufBuilder b = with_byte_pairs();
  b.values["tokenizer.ggml.pre"] = gguf_string("llama-bpe");
  CHECK_THAT(error_of(b), Catch::Contains("llama-bpe"));
  b.values.erase("tokenizer.ggml.pre");
  CHECK_THAT(error_of(b), Catch::Contains("not named"));
  b = with_byte_pairs();
  b.values["tokenizer.ggml.merges"] = gguf_array(8, {gguf_text("no such")});
  CHECK_THAT(error_of(b), Catch::Contains("merge 0"));
  b = small_gguf_llama();
  b.values["tokenizer.ggml.model"] = gguf_string("bert");
  CHECK_THAT(error_of(b), Catch::Contains("bert"));
  b.values.erase("tokenizer.ggml.model");
  CHECK_THAT(error_of(b), Catch::Contains("no tokenizer"));
  b = small_gguf_llama();
  b.values["tokenizer.ggml.scores"] = gguf_array(6, {gguf_number(0, 4)});
  CHECK_THAT(error_of(b), Catch::Contains("1 scores"));
  b = small_gguf_llama();
  b.values["tokenizer.ggml.token_type"] =
      gguf_array(5, std::vector<std::string>(261, gguf_number(9, 4)));
  CHECK_THAT(error_of(b), Catch::Contains("type 9"));
}
