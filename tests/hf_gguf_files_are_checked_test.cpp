// SPDX-License-Identifier: Apache-2.0
// Is a GGUF file whose bytes are wrong refused, wherever it ends or whatever it claims, and is what
// llmz cannot compute told by name?
#include <catch2/catch.hpp>

#include "gguf_builder.h"
#include "hf/checkpoint.h"
#include "hf/gguf.h"
#include "hf/gguf_config.h"
#include "hf_writer.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

// "" where nothing is wrong.
std::string error_of_bytes(const std::string& file, ErrorKind* kind = nullptr) {
  try {
    const hf::GgufFile gguf("FILE", bytes_of(file));
    hf::gguf_config(gguf);
  } catch (const Error& error) {
    if (kind) *kind = error.kind();
    return error.what();
  }
  return "";
}
std::string error_of(const GgufBuilder& builder, ErrorKind* kind = nullptr) {
  return error_of_bytes(builder.file(), kind);
}

GgufBuilder with_value(const std::string& name, const std::string& value) {
  GgufBuilder b = small_gguf_llama();
  b.values[name] = value;
  return b;
}

}  // namespace

TEST_CASE("a small file is read, and gives the shape of its model") {
  const hf::GgufFile file("FILE", bytes_of(small_gguf_llama().file()));
  const hf::Config c = hf::gguf_config(file);
  CHECK(c.vocabulary == 261);
  CHECK(c.dim == 8);
  CHECK(c.head_dim == 4);
  CHECK(c.kv_heads == 1);
  CHECK(c.hidden == 12);
  CHECK(c.max_positions == 16);
  CHECK(c.norm_epsilon == 1e-5);  // not the float32 beside it
  CHECK(c.rope_theta == 10000);
  CHECK(c.tied_embeddings);
  CHECK(c.bos == 1u);
  CHECK(file.tensors().at("blk.0.ffn_down.weight").shape == std::vector<int64_t>{8, 12});
  GgufBuilder old = small_gguf_llama();
  old.version = 2;
  CHECK(error_of(old).empty());
}

TEST_CASE("a file that ends anywhere is refused") {
  const std::string file = small_gguf_llama().file();
  for (size_t size = 0; size < file.size(); size += size < 3000 ? 1 : 97) {
    ErrorKind kind = ErrorKind::kIo;
    if (error_of_bytes(file.substr(0, size), &kind).empty() || kind != ErrorKind::kModelBad)
      FAIL("cut to " << size << " of " << file.size());
  }
}

TEST_CASE("lengths and numbers beyond all bounds take no memory") {
  GgufBuilder b = small_gguf_llama();
  const std::string huge = gguf_number(UINT64_MAX, 8);
  for (const std::string& value :
       {gguf_number(8, 4) + huge, gguf_number(9, 4) + gguf_number(4, 4) + huge,
        gguf_number(9, 4) + gguf_number(8, 4) + huge,
        gguf_number(9, 4) + gguf_number(12, 4) + gguf_number(uint64_t{1} << 61, 8),
        gguf_number(9, 4) + gguf_number(9, 4) + gguf_number(1, 8), gguf_number(13, 4)}) {
    CHECK_FALSE(error_of(with_value("zz", value)).empty());
  }
  std::string file = b.file();
  for (size_t field : {8, 16}) {  // how many tensors, and values
    std::string changed = file;
    changed.replace(field, 8, huge);
    CHECK_FALSE(error_of_bytes(changed).empty());
  }
  b.tensors["token_embd.weight"].shape = {uint64_t{1} << 40, uint64_t{1} << 40};
  CHECK_THAT(error_of(b), Catch::Contains("2^61"));
}

TEST_CASE("tensors lie inside the file, aligned, one beside the other, in whole blocks") {
  GgufBuilder b = small_gguf_llama();
  b.tensors["token_embd.weight"].shape = {261, 80};
  CHECK_THAT(error_of(b), Catch::Contains("token_embd") || Catch::Contains("overlap"));
  b = small_gguf_llama();
  b.tensors["blk.0.attn_q.weight"].type = 8;  // rows of 8 are no blocks of 32
  CHECK_THAT(error_of(b), Catch::Contains("blocks of 32") || Catch::Contains("of the 32 values"));
  b = with_value("general.alignment", gguf_u32(24));
  CHECK_THAT(error_of(b), Catch::Contains("power of two"));
  b = with_value("general.alignment", gguf_u32(4096));
  CHECK_FALSE(error_of(b).empty());
}

TEST_CASE("what llmz does not compute is told by name") {
  const std::tuple<const char*, std::string, const char*> cases[] = {
      {"general.architecture", gguf_string("qwen2"), "qwen2"},
      {"llama.rope.scaling.type", gguf_string("yarn"), "scaled rotary"},
      {"llama.rope.scaling.factor", gguf_f32(4), "scaled rotary"},
      {"llama.rope.dimension_count", gguf_u32(2), "equally wide"},
      {"llama.expert_count", gguf_u32(8), "experts"},
      {"split.count", gguf_u32(3), "parts"}};
  for (const auto& [name, value, message] : cases) {
    ErrorKind kind = ErrorKind::kIo;
    CHECK_THAT(error_of(with_value(name, value), &kind), Catch::Contains(message));
    CHECK(kind == ErrorKind::kUsage);
  }
  GgufBuilder b = small_gguf_llama();
  b.tensors["rope_freqs.weight"] = {{2}, 0, std::string(8, '\0')};
  CHECK_THAT(error_of(b), Catch::Contains("scaled rotary"));
  b = small_gguf_llama();
  b.version = 1;
  CHECK_THAT(error_of(b), Catch::Contains("version 1"));
  b.version = 3u << 24;
  CHECK_THAT(error_of(b), Catch::Contains("big-endian"));
}

TEST_CASE("values that are missing or of another type are named") {
  for (const char* name : {"llama.embedding_length", "llama.block_count", "general.architecture",
                           "llama.context_length"}) {
    GgufBuilder b = small_gguf_llama();
    b.values.erase(name);
    CHECK_THAT(error_of(b), Catch::Contains(name));
    CHECK_THAT(error_of(with_value(name, gguf_bool(true))), Catch::Contains(name));
    CHECK_THAT(error_of(with_value(name, gguf_array(4, {gguf_number(8, 4)}))),
               Catch::Contains(name));
  }
  CHECK_THAT(error_of(with_value("llama.block_count", gguf_u32(0))), Catch::Contains("1 to"));
  CHECK_THAT(error_of(with_value("llama.attention.head_count_kv", gguf_u32(3))),
             Catch::Contains("key-value"));
}

TEST_CASE("a checkpoint says which tensors a GGUF file lacks, and which types llmz reads") {
  const TempFolder folder;
  const auto error = [&](const GgufBuilder& builder) -> std::string {
    write_text(folder.file("model.gguf"), builder.file());
    try {
      hf::Checkpoint::open(folder.file("model.gguf"));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  CHECK(error(small_gguf_llama()).empty());
  GgufBuilder b = small_gguf_llama();
  b.tensors.erase("blk.0.attn_q.weight");
  b.tensors["blk.0.attn_q.bias"] = {{8}, 0, std::string(32, '\0')};
  b.tensors["blk.0.attn_k.weight"].type = 13;
  CHECK_THAT(error(b), Catch::Contains("missing (1):") && Catch::Contains("attn_q.weight") &&
                           Catch::Contains("unexpected (1):") && Catch::Contains("attn_q.bias") &&
                           Catch::Contains("Q5_K") && Catch::Contains("Q4_K or Q6_K"));
  b = small_gguf_llama();
  b.tensors["blk.0.attn_q.weight"].bytes[3] = 0x7f;
  b.tensors["blk.0.attn_q.weight"].bytes[2] = static_cast<char>(0x80);
  CHECK_THAT(error(b), Catch::Contains("infinite") && Catch::Contains("attn_q"));
}
