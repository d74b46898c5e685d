// SPDX-License-Identifier: Apache-2.0
// A Hugging Face folder of a stranger: config.json, safetensors, the index of shards, and the
// tokenizer's JSON. Is it refused with a reason, in memory that it is worth?
#include "choices.h"
#include "hf/checkpoint.h"
#include "hf/json.h"
#include "hf/safetensors.h"
#include "hf/sorted_vocabulary.h"
#include "hf/tokenizer.h"
#include "target.h"
#include "tests/hf_writer.h"
#include "tests/temp_folder.h"

using namespace llmz;
using namespace llmz::fuzz;

namespace {

const char* const kFiles[] = {"config.json", "model.safetensors", "model.safetensors.index.json",
                              "vocab.json",  "merges.txt",        "tokenizer.json"};

const test::TempFolder& folder() {
  static const test::TempFolder one;
  return one;
}

std::string config_json() {
  return R"({"model_type":"gpt2","vocab_size":260,"n_embd":8,"n_layer":1,"n_head":2,)"
         R"("n_positions":8,"activation_function":"gelu_new","layer_norm_epsilon":1e-05,)"
         R"("bos_token_id":0,"eos_token_id":[0]})";
}

std::string llama_json() {
  return R"({"model_type":"llama","vocab_size":300,"hidden_size":16,"num_hidden_layers":2,)"
         R"("num_attention_heads":4,"num_key_value_heads":2,"intermediate_size":24,)"
         R"("max_position_embeddings":32,"rms_norm_eps":1e-06,"rope_theta":10000.0,)"
         R"("rope_scaling":{"type":"default","factor":1},"tie_word_embeddings":true})";
}

// Tensors one after the other, all zeros.
std::string safetensors(const std::vector<std::pair<std::string, std::vector<int>>>& tensors) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  size_t at = 0;
  for (const auto& [name, shape] : tensors) {
    std::string sizes;
    size_t bytes = 2;
    for (const int size : shape) {
      sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
      bytes *= static_cast<size_t>(size);
    }
    header += ",\"" + name + "\":{\"dtype\":\"F16\",\"shape\":[" + sizes + "],\"data_offsets\":[" +
              std::to_string(at) + "," + std::to_string(at + bytes) + "]}";
    at += bytes;
  }
  header += "}";
  Bytes length;
  append_le(length, header.size(), 8);
  return std::string(length.begin(), length.end()) + header + std::string(at, '\0');
}

std::string gpt2_tensors() {
  const std::string h = "h.0.";
  return safetensors({{"wte.weight", {260, 8}},
                      {"wpe.weight", {8, 8}},
                      {h + "ln_1.weight", {8}},
                      {h + "ln_1.bias", {8}},
                      {h + "attn.c_attn.weight", {8, 24}},
                      {h + "attn.c_attn.bias", {24}},
                      {h + "attn.c_proj.weight", {8, 8}},
                      {h + "attn.c_proj.bias", {8}},
                      {h + "ln_2.weight", {8}},
                      {h + "ln_2.bias", {8}},
                      {h + "mlp.c_fc.weight", {8, 32}},
                      {h + "mlp.c_fc.bias", {32}},
                      {h + "mlp.c_proj.weight", {32, 8}},
                      {h + "mlp.c_proj.bias", {8}},
                      {"ln_f.weight", {8}},
                      {"ln_f.bias", {8}}});
}

// As GPT-2 writes bytes: a character for each.
std::string name_of_byte(int byte, int& next) {
  const bool printable = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
  const int code = printable ? byte : next++;
  if (code < 128)
    return std::string(code == '"' || code == '\\' ? "\\" : "") + static_cast<char>(code);
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
}

std::string vocab_json() {
  std::string json = "{";
  int next = 256;
  for (int byte = 0; byte < 256; ++byte)
    json += "\"" + name_of_byte(byte, next) + "\":" + std::to_string(byte) + ",";
  return json + R"("th":256,"the":257,"<|endoftext|>":258})";
}

std::string tokenizer_json() {
  return R"({"added_tokens":[{"id":259,"content":"<pad>"}],"normalizer":null,)"
         R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},)"
         R"("model":{"type":"BPE","dropout":null,"vocab":)" +
         vocab_json() + R"(,"merges":["t h",["th","e"]]}})";
}

const std::string& original(size_t file) {
  static const std::string all[] = {
      config_json(),
      gpt2_tensors(),
      R"({"metadata":{"total_size":5},"weight_map":{"wte.weight":"model.safetensors"}})",
      vocab_json(),
      "#version: 0.2\nt h\nth e\n",
      tokenizer_json()};
  return all[file];
}

void write(size_t file, const std::string& text) {
  test::write_text(folder().file(kFiles[file]), text);
}

// All files once; afterwards only the one that an input changes is written.
void write_folder() {
  static const bool done = [] {
    for (size_t i = 0; i < std::size(kFiles); ++i) write(i, original(i));
    return true;
  }();
  (void)done;
}

void use_tokenizer(const hf::Tokenizer& tokenizer) {
  std::vector<uint32_t> ids;
  tokenizer.encode(ByteView("the other \xff word's 12"), ids);
  for (const uint32_t id : ids) require(id < tokenizer.size(), "an id beyond the vocabulary");
  hf::sorted_vocabulary(tokenizer, 16);
}

void open_all(size_t changed, const std::string& text) {
  hf::Config config;
  const auto no_config = refusal([&] { config = hf::read_config(folder().path()); });
  if (changed == 1) refusal([&] { hf::SafetensorsFile("file", Bytes(text.begin(), text.end())); });
  if (changed == 2) refusal([&] { hf::read_json(folder().file(kFiles[2]), 1 << 20); });
  // Names of files out of an index lead no further than into this folder.
  if (changed < 3) refusal([&] { hf::Checkpoint::open(folder().path()).fingerprint(); });
  if (no_config || changed == 1 || changed == 2) return;
  if (changed < 5) refusal([&] { use_tokenizer(hf::Tokenizer::open(folder().path(), config)); });
  if (changed == 5)
    refusal([&] { use_tokenizer(hf::Tokenizer::open_file(folder().file(kFiles[5]), config)); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices in(data, size);
  write_folder();
  const size_t changed = in.below(std::size(kFiles));
  const uint8_t base = in.byte();
  const std::string start = base % 4 == 0                   ? std::string()
                            : base % 4 == 1 && changed == 0 ? llama_json()
                                                            : original(changed);
  const Bytes bytes = edited(Bytes(start.begin(), start.end()), in);
  const std::string text(bytes.begin(), bytes.end());
  write(changed, text);
  // JSON in memory is some twenty times as large; the names of the tensors that a config asks for,
  // of 4096 layers at most, come to some megabytes.
  within_heap(64 * (text.size() + 20000) + (uint64_t{16} << 20), [&] { open_all(changed, text); });
  write(changed, original(changed));
  return 0;
}

std::vector<Bytes> llmz::fuzz::seeds() {
  std::vector<Bytes> all;
  for (size_t number = 0; number < std::size(kFiles); ++number) {
    const auto file = static_cast<uint8_t>(number);
    for (const uint8_t base : {1, 2}) {
      all.push_back({file, base});
      const size_t size = original(file).size();
      append_edit(all.emplace_back(Bytes{file, base}), 9, 1, ByteView("9"));
      append_edit(all.emplace_back(Bytes{file, base}), size / 2, 3, ByteView("[[{\"a\":"));
      append_edit(all.emplace_back(Bytes{file, base}), size - 5, 5, ByteView("-1e5}"));
    }
    append_edit(all.emplace_back(Bytes{file, 0}), 0, 0, ByteView("{\"a\":[1,null,true,\"b\"]}"));
  }
  return all;
}
