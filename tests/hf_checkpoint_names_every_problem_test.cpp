// SPDX-License-Identifier: Apache-2.0
// Does a directory that is not the model it says to be give one error with everything that is
// wrong, and one that is come back as it was written?
#include <catch2/catch.hpp>

#include "hf/checkpoint.h"
#include "hf_writer.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::string error_of(const std::string& directory, ErrorKind kind = ErrorKind::kModelBad) {
  try {
    hf::Checkpoint::open(directory);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

std::string error_of_config(const std::string& config, ErrorKind kind = ErrorKind::kModelBad) {
  TempFolder folder;
  write_text(folder.file("config.json"), config);
  return error_of(folder.path(), kind);
}

std::vector<float> floats(const hf::TensorView& view) {
  std::vector<float> v(view.elements);
  read_floats(view, 0, v.size(), v.data());
  return v;
}

bool same(const hf::TensorView& view, const RandomTensor& tensor, Stored type) {
  const std::vector<double> expected = tensor.values(type);
  const std::vector<float> found = floats(view);
  return view.shape == tensor.shape &&
         std::equal(found.begin(), found.end(), expected.begin(), expected.end());
}

const RandomTensor& named(const std::vector<RandomTensor>& tensors, const std::string& name) {
  for (const RandomTensor& t : tensors)
    if (t.name == name) return t;
  throw std::runtime_error(name);
}

}  // namespace

TEST_CASE("weights of all types come back, aligned or not, in one file or in shards") {
  RandomModel model;
  model.family = RandomModel::kMistral;
  model.prefix = "model.";
  model.heads = 6;
  model.kv_heads = 2;
  model.sliding_window = 9;
  model.tied = false;
  const auto tensors = model.tensors();
  uint64_t fingerprints[3];
  for (Stored type : {Stored::kF32, Stored::kF16, Stored::kBF16}) {
    for (int form = 0; form < 3; ++form) {
      CAPTURE(dtype_name(type), form);
      TempFolder folder;
      write_text(folder.file("config.json"), model.config());
      if (form == 2)
        write_shards(folder.path(), tensors, type, 3);
      else
        write_safetensors(folder.file("model.safetensors"), tensors, type, form == 0 ? 8 : 1);
      const hf::Checkpoint c = hf::Checkpoint::open(folder.path());
      CHECK(c.config().family == hf::Family::kMistral);
      CHECK(c.config().kv_heads == 2);
      CHECK(c.config().head_dim == 4);
      CHECK(c.config().sliding_window == 9);
      CHECK(c.config().bos == 1u);
      CHECK(same(c.embedding(), named(tensors, "model.embed_tokens.weight"), type));
      CHECK(same(c.head(), named(tensors, "lm_head.weight"), type));
      CHECK(
          same(c.layers()[2].key, named(tensors, "model.layers.2.self_attn.k_proj.weight"), type));
      CHECK(same(c.layers()[1].down, named(tensors, "model.layers.1.mlp.down_proj.weight"), type));
      uint64_t count = 0;
      for (const RandomTensor& t : tensors)
        if (t.name.find("inv_freq") == std::string::npos) count += t.elements();
      CHECK(c.parameters() == count);
      CHECK(c.weight_bytes() == count * stored_size(type));
      if (form == 0) fingerprints[static_cast<int>(type)] = c.fingerprint();
      CHECK(c.fingerprint() == fingerprints[static_cast<int>(type)]);
    }
  }
  CHECK(fingerprints[1] != fingerprints[2]);
}

TEST_CASE("the extremes of the small types are converted exactly") {
  // bits of float16, value
  const std::vector<std::pair<uint16_t, float>> halves = {{0x0000, 0.0f},
                                                          {0x8000, -0.0f},
                                                          {0x0001, 5.9604644775390625e-08f},
                                                          {0x83ff, -6.097555160522461e-05f},
                                                          {0x0400, 6.103515625e-05f},
                                                          {0x3c00, 1.0f},
                                                          {0xc000, -2.0f},
                                                          {0x7bff, 65504.0f},
                                                          {0x7c00, INFINITY},
                                                          {0xfc00, -INFINITY}};
  for (const auto& [bits, value] : halves) {
    const uint8_t bytes[2] = {static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8)};
    const hf::TensorView view{hf::Type::kFloat16, {1}, bytes, 1};
    float out;
    read_floats(view, 0, 1, &out);
    CHECK(out == value);
    CHECK(std::signbit(out) == std::signbit(value));
  }
  const uint8_t nan[2] = {0x01, 0x7e};
  float out;
  hf::read_floats({hf::Type::kFloat16, {1}, nan, 1}, 0, 1, &out);
  CHECK(std::isnan(out));
  CHECK_THROWS_AS(hf::read_floats({hf::Type::kFloat16, {1}, nan, 1}, 1, 1, &out), Error);
}

TEST_CASE("all missing, unexpected and mis-shaped tensors are in one message") {
  RandomModel model;
  TempFolder folder;
  write_text(folder.file("config.json"), model.config());
  auto tensors = model.tensors();
  const auto erase = [&](const std::string& name) {
    tensors.erase(std::find_if(tensors.begin(), tensors.end(),
                               [&](const RandomTensor& t) { return t.name == name; }));
  };
  erase("transformer.h.1.ln_2.bias");
  erase("transformer.wpe.weight");
  tensors.push_back({"transformer.h.3.ln_1.weight", {24}, 1, 0});
  tensors.push_back({"score.weight", {2, 24}, 1, 0});
  for (RandomTensor& t : tensors) {
    if (t.name == "transformer.h.0.attn.c_attn.weight") std::swap(t.shape[0], t.shape[1]);
    if (t.name == "transformer.ln_f.bias") t.shape = {1, 24};
  }
  write_safetensors(folder.file("model.safetensors"), tensors, Stored::kF32);
  const std::string error = error_of(folder.path());
  for (const char* part :
       {"missing (2):", "\"transformer.h.1.ln_2.bias\" [24]", "\"transformer.wpe.weight\" [40, 24]",
        "unexpected (2):", "\"transformer.h.3.ln_1.weight\"", "\"score.weight\" [2, 24]",
        "of another shape or type (2):",
        "\"transformer.h.0.attn.c_attn.weight\" has shape [72, 24]",
        "\"transformer.ln_f.bias\" has shape [1, 24], config.json asks for [24]"})
    CHECK_THAT(error, Catch::Contains(part));
}

TEST_CASE("a config.json that asks for a giant model gives a message of bounded size") {
  RandomModel model;
  model.layers = 4096;
  model.dim = model.heads = 1 << 18;
  model.vocabulary = 1 << 21;
  TempFolder folder;
  write_text(folder.file("config.json"), model.config());
  write_safetensors(folder.file("model.safetensors"), {{"x", {1}, 1, 0}}, Stored::kF32);
  const std::string error = error_of(folder.path());
  CHECK_THAT(error, Catch::Contains("missing (49156)") && Catch::Contains("and 48156 more") &&
                        Catch::Contains("\"x\" [1]"));
  CHECK(error.size() < 200'000);
}

TEST_CASE("a weight of a type that is no float's is an error, and a buffer of such a type is not") {
  RandomModel model;
  model.layers = 1;
  TempFolder folder;
  write_text(folder.file("config.json"), model.config());
  write_safetensors(folder.file("model.safetensors"), model.tensors(), Stored::kF32);
  std::ifstream in(folder.file("model.safetensors"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const auto set_type = [&](const std::string& name) {
    const size_t place = bytes.find("F32", bytes.find("\"" + name + "\""));
    bytes.replace(place, 3, "I32");
  };
  set_type("transformer.h.0.attn.bias");
  write_text(folder.file("model.safetensors"), bytes);
  CHECK(error_of(folder.path()) == "no error");
  set_type("transformer.ln_f.weight");
  write_text(folder.file("model.safetensors"), bytes);
  CHECK_THAT(error_of(folder.path()), Catch::Contains("\"transformer.ln_f.weight\" has type I32"));
}

TEST_CASE("every prefix and tied heads with and without a tensor are read") {
  RandomModel gpt2, opt, llama;
  opt.family = RandomModel::kOpt;
  llama.family = RandomModel::kLlama;
  for (const auto& [model, prefixes] :
       {std::pair<RandomModel*, std::vector<std::string>>{&gpt2, {"transformer.", ""}},
        {&opt, {"model.decoder.", "decoder."}},
        {&llama, {"model."}}}) {
    for (const std::string& prefix : prefixes) {
      for (bool stored : {false, true}) {
        CAPTURE(prefix, stored);
        model->prefix = prefix;
        auto tensors = model->tensors();
        if (stored) tensors.push_back({"lm_head.weight", {61, 24}, 1, 0});
        TempFolder folder;
        write_text(folder.file("config.json"), model->config());
        write_safetensors(folder.file("model.safetensors"), tensors, Stored::kF32);
        const hf::Checkpoint c = hf::Checkpoint::open(folder.path());
        CHECK(c.head().data == c.embedding().data);
        CHECK(c.transposed() == (model == &gpt2));
      }
    }
  }
}

TEST_CASE("an index that lies is an error") {
  RandomModel model;
  model.layers = 1;
  const auto tensors = model.tensors();
  TempFolder folder;
  write_text(folder.file("config.json"), model.config());
  CHECK_THAT(error_of(folder.path(), ErrorKind::kIo), Catch::Contains("neither model.safetensors"));
  const std::string index = folder.file("model.safetensors.index.json");
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "has no weight_map"},
           {"{\"weight_map\":[]}", "has no weight_map"},
           {"{\"weight_map\":{\"a\":1}}", "is in no file"},
           {"{\"weight_map\":{\"a\":\"../a.safetensors\"}}", "is not the name of a file beside it"},
           {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "is not the name of a file beside it"},
           {"{\"weight_map\":{\"a\":\"..\"}}", "is not the name of a file beside it"}}) {
    write_text(index, text);
    CHECK_THAT(error_of(folder.path()), Catch::Contains(expected));
  }
  write_shards(folder.path(), tensors, Stored::kF32, 2);
  CHECK(error_of(folder.path()) == "no error");
  // A tensor that is in both.
  write_safetensors(folder.file("model-2-of-2.safetensors"), tensors, Stored::kF32);
  CHECK_THAT(error_of(folder.path()), Catch::Contains("is in another shard, too"));
  // One that is in none.
  write_safetensors(folder.file("model-2-of-2.safetensors"), {{"x", {1}, 1, 0}}, Stored::kF32);
  CHECK_THAT(error_of(folder.path()),
             Catch::Contains("is missing from \"model-2-of-2.safetensors\""));
  std::filesystem::remove(folder.file("model-2-of-2.safetensors"));
  CHECK_THAT(error_of(folder.path(), ErrorKind::kIo), Catch::Contains("model-2-of-2.safetensors"));
}

TEST_CASE("config.json: everything that is wrong is in one message") {
  const std::string error = error_of_config(
      "{\"model_type\":\"gpt2\",\"vocab_size\":-1,\"n_embd\":\"wide\",\"n_layer\":1e3,\"n_"
      "positions\":"
      "99999999999,\"layer_norm_epsilon\":0,\"bos_token_id\":[],\"tie_word_embeddings\":1}");
  for (const char* part :
       {"vocab_size must be an integer from 1", "n_embd must be", "n_layer must be",
        "n_head is missing", "n_positions must be", "layer_norm_epsilon must be a positive number",
        "bos_token_id must be a token", "tie_word_embeddings must be true or false"})
    CHECK_THAT(error, Catch::Contains(part));
}

TEST_CASE("config.json: what llmz does not support is said so") {
  const auto usage = [](const std::string& config) {
    return error_of_config(config, ErrorKind::kUsage);
  };
  const std::string llama =
      "{\"model_type\":\"llama\",\"vocab_size\":9,\"hidden_size\":8,\"num_hidden_layers\":1,"
      "\"num_attention_heads\":2,\"intermediate_size\":8";
  CHECK_THAT(usage("{\"model_type\":\"bert\"}"),
             Catch::Contains("\"bert\"; llmz reads gpt2, opt, llama and mistral"));
  CHECK_THAT(usage("{}"), Catch::Contains("model_type is missing"));
  CHECK_THAT(usage(llama + ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}}"),
             Catch::Contains("rope_scaling"));
  CHECK_THAT(usage(llama + ",\"rope_parameters\":{\"rope_type\":\"llama3\"}}"),
             Catch::Contains("rope_parameters"));
  CHECK_THAT(usage(llama + ",\"attention_bias\":true,\"hidden_act\":\"tanh\"}"),
             Catch::Contains("attention_bias must be false") && Catch::Contains("hidden_act"));
  CHECK_THAT(error_of_config(llama + ",\"num_key_value_heads\":3}"),
             Catch::Contains("2 heads cannot share 3"));
  CHECK_THAT(error_of_config(llama + ",\"head_dim\":3}"), Catch::Contains("even width"));
  CHECK_THAT(error_of_config(llama + ",\"rope_scaling\":null}", ErrorKind::kIo),
             Catch::Contains("neither"));
  CHECK_THAT(error_of_config("[]"), Catch::Contains("not a JSON object"));
  CHECK_THAT(error_of_config("{\"model_type\":"), Catch::Contains("not JSON"));
  CHECK_THAT(error_of_config(std::string(2 << 20, ' ')), Catch::Contains("larger than"));
}

TEST_CASE("config.json: newer and older spellings mean the same") {
  TempFolder folder;
  write_text(
      folder.file("config.json"),
      "{\"model_type\":\"llama\",\"vocab_size\":128,\"hidden_size\":12,\"num_hidden_layers\":1,"
      "\"num_attention_heads\":2,\"intermediate_size\":8,\"eos_token_id\":[5,6],"
      "\"bos_token_id\":null,\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":5e5}}");
  const hf::Config c = hf::read_config(folder.path());
  CHECK(c.rope_theta == 5e5);
  CHECK(c.kv_heads == 2);
  CHECK(c.head_dim == 6);
  CHECK(c.eos == 5u);
  CHECK_FALSE(c.bos);
  CHECK_FALSE(c.tied_embeddings);
  CHECK(c.max_positions == 2048);
}
