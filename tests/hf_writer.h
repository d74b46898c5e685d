// SPDX-License-Identifier: Apache-2.0
// Writes checkpoints of Hugging Face's form with random weights, for tests and benchmarks. Written
// from the format's description and the models' source, sharing nothing with the reader.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace llmz::test {

enum class Stored { kF32, kF16, kBF16 };

inline const char* dtype_name(Stored type) {
  return type == Stored::kF32 ? "F32" : type == Stored::kF16 ? "F16" : "BF16";
}
inline size_t stored_size(Stored type) { return type == Stored::kF32 ? 4 : 2; }

// The bits of a value as it is stored: to nearest, ties to even. Values are of moderate size.
inline uint32_t stored_bits(float value, Stored type) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if (type == Stored::kF32) return bits;
  if (type == Stored::kBF16) return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const uint32_t sign = bits >> 16 & 0x8000;
  const float size = std::fabs(value);
  if (size < std::ldexp(1.0f, -14))  // subnormal: multiples of 2^-24
    return sign | static_cast<uint32_t>(std::nearbyint(std::ldexp(size, 24)));
  const uint32_t rest = (bits & 0x7fffffff) - (112u << 23);
  return sign | ((rest + 0xfff + (rest >> 13 & 1)) >> 13);
}

inline double stored_value(uint32_t bits, Stored type) {
  if (type == Stored::kF16) {
    const int exponent = static_cast<int>(bits >> 10 & 31),
              fraction = static_cast<int>(bits & 1023);
    const double size =
        exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
    return bits & 0x8000 ? -size : size;
  }
  if (type == Stored::kBF16) bits <<= 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

// A tensor whose elements are mean + deviation * noise, noise of variance 1 from the name's hash:
// any part of it can be made by itself.
struct RandomTensor {
  std::string name;
  std::vector<int64_t> shape;
  double deviation = 1, mean = 0;

  uint64_t elements() const {
    uint64_t n = 1;
    for (int64_t s : shape) n *= static_cast<uint64_t>(s);
    return n;
  }
  uint64_t seed() const {
    uint64_t h = 1469598103934665603u;
    for (char c : name) h = (h ^ static_cast<uint8_t>(c)) * 1099511628211u;
    return h;
  }
  float element(uint64_t name_seed, uint64_t i) const {
    uint64_t z = name_seed + i * 0x9e3779b97f4a7c15u;  // splitmix64
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    // Four uniform numbers of 16 bits: nearly normal, of variance 4 / 12.
    const double sum =
        static_cast<double>((z & 0xffff) + (z >> 16 & 0xffff) + (z >> 32 & 0xffff) + (z >> 48)) /
            65536 -
        2;
    return static_cast<float>(mean + deviation * sum * std::sqrt(3.0));
  }
  // As a reader of the file sees them.
  std::vector<double> values(Stored type) const {
    std::vector<double> v(elements());
    const uint64_t s = seed();
    for (uint64_t i = 0; i < v.size(); ++i)
      v[i] = stored_value(stored_bits(element(s, i), type), type);
    return v;
  }
};

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// padding: spaces behind the header's JSON; other than to a multiple of 8 they misalign the data.
inline void write_safetensors(const std::string& path, const std::vector<RandomTensor>& tensors,
                              Stored type, size_t padding_multiple = 8) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  uint64_t offset = 0;
  for (const RandomTensor& t : tensors) {
    header += ",\"" + t.name + "\":{\"dtype\":\"" + dtype_name(type) + "\",\"shape\":[";
    for (size_t i = 0; i < t.shape.size(); ++i)
      header += (i ? "," : "") + std::to_string(t.shape[i]);
    const uint64_t end = offset + t.elements() * stored_size(type);
    header += "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) + "]}";
    offset = end;
  }
  header += "}";
  while (header.size() % padding_multiple != 0) header += ' ';
  if (padding_multiple % 8 != 0 && header.size() % 2 == 0) header += ' ';
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < 8; ++i) file.put(static_cast<char>(header.size() >> (8 * i)));
  file << header;
  std::vector<char> buffer;
  for (const RandomTensor& t : tensors) {
    const uint64_t seed = t.seed(), count = t.elements();
    for (uint64_t begin = 0; begin < count; begin += 1 << 16) {
      buffer.clear();
      for (uint64_t i = begin; i < std::min(count, begin + (1 << 16)); ++i) {
        const uint32_t bits = stored_bits(t.element(seed, i), type);
        for (size_t b = 0; b < stored_size(type); ++b)
          buffer.push_back(static_cast<char>(bits >> (8 * b)));
      }
      file.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    }
  }
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

// The same in `shards` files with an index.
inline void write_shards(const std::string& folder, const std::vector<RandomTensor>& tensors,
                         Stored type, size_t shards) {
  std::string map;
  for (size_t s = 0; s < shards; ++s) {
    const std::string name =
        "model-" + std::to_string(s + 1) + "-of-" + std::to_string(shards) + ".safetensors";
    std::vector<RandomTensor> part;
    for (size_t i = s; i < tensors.size(); i += shards) part.push_back(tensors[i]);
    for (const RandomTensor& t : part)
      map += (map.empty() ? "" : ",") + ("\"" + t.name + "\":\"" + name + "\"");
    write_safetensors(folder + "/" + name, part, type);
  }
  write_text(folder + "/model.safetensors.index.json",
             "{\"metadata\":{\"total_size\":1},\"weight_map\":{" + map + "}}");
}

// The shape of a model, and what its files call it.
struct RandomModel {
  enum Family { kGpt2, kOpt, kLlama, kMistral } family = kGpt2;
  int64_t vocabulary = 61, dim = 24, layers = 3, heads = 3, kv_heads = 3, hidden = 40,
          positions = 40;
  int64_t embedding_dim = 24;  // OPT
  bool norm_first = true;      // OPT
  int64_t sliding_window = 0;  // Mistral
  bool tied = true;
  std::string prefix = "transformer.";
  double rope_theta = 10000;

  std::string config() const;
  std::vector<RandomTensor> tensors() const;
};

inline std::string RandomModel::config() const {
  const auto n = [](int64_t v) { return std::to_string(v); };
  const std::string tie = std::string(",\"tie_word_embeddings\":") + (tied ? "true" : "false");
  if (family == kGpt2) {
    return "{\"model_type\":\"gpt2\",\"activation_function\":\"gelu_new\",\"vocab_size\":" +
           n(vocabulary) + ",\"n_embd\":" + n(dim) + ",\"n_layer\":" + n(layers) +
           ",\"n_head\":" + n(heads) + ",\"n_positions\":" + n(positions) +
           ",\"n_ctx\":" + n(positions) +
           ",\"n_inner\":" + (hidden == 4 * dim ? "null" : n(hidden)) +
           ",\"layer_norm_epsilon\":1e-05,\"bos_token_id\":3,\"eos_token_id\":3}";
  }
  const std::string common = ",\"vocab_size\":" + n(vocabulary) + ",\"hidden_size\":" + n(dim) +
                             ",\"num_hidden_layers\":" + n(layers) +
                             ",\"num_attention_heads\":" + n(heads) +
                             ",\"max_position_embeddings\":" + n(positions) +
                             ",\"bos_token_id\":1,\"eos_token_id\":2" + tie;
  if (family == kOpt) {
    return "{\"model_type\":\"opt\",\"activation_function\":\"relu\",\"ffn_dim\":" + n(hidden) +
           ",\"word_embed_proj_dim\":" + n(embedding_dim) +
           ",\"do_layer_norm_before\":" + (norm_first ? "true" : "false") + common + "}";
  }
  std::string theta = std::to_string(rope_theta);
  return std::string("{\"model_type\":\"") + (family == kLlama ? "llama" : "mistral") +
         "\",\"hidden_act\":\"silu\",\"intermediate_size\":" + n(hidden) +
         (kv_heads == heads && family == kLlama ? "" : ",\"num_key_value_heads\":" + n(kv_heads)) +
         ",\"rms_norm_eps\":1e-06,\"rope_theta\":" + theta +
         (family == kMistral
              ? ",\"sliding_window\":" + (sliding_window ? n(sliding_window) : std::string("null"))
              : ",\"rope_scaling\":null,\"pretraining_tp\":1") +
         common + "}";
}

inline std::vector<RandomTensor> RandomModel::tensors() const {
  std::vector<RandomTensor> list;
  const double unit = 1 / std::sqrt(static_cast<double>(dim));
  const auto matrix = [&](const std::string& name, int64_t a, int64_t b, double deviation) {
    list.push_back({prefix + name, {a, b}, deviation, 0});
  };
  const auto vector = [&](const std::string& name, int64_t size, double mean) {
    list.push_back({prefix + name, {size}, 0.2, mean});
  };
  const double inner = 1 / std::sqrt(static_cast<double>(hidden));
  if (family == kGpt2) {
    matrix("wte.weight", vocabulary, dim, 0.5);
    matrix("wpe.weight", positions, dim, 0.3);
    for (int64_t i = 0; i < layers; ++i) {
      const std::string l = "h." + std::to_string(i) + ".";
      for (const char* norm : {"ln_1", "ln_2"}) {
        vector(l + norm + ".weight", dim, 1);
        vector(l + norm + ".bias", dim, 0);
      }
      matrix(l + "attn.c_attn.weight", dim, 3 * dim, 2 * unit);
      vector(l + "attn.c_attn.bias", 3 * dim, 0);
      matrix(l + "attn.c_proj.weight", dim, dim, unit);
      vector(l + "attn.c_proj.bias", dim, 0);
      matrix(l + "mlp.c_fc.weight", dim, hidden, unit);
      vector(l + "mlp.c_fc.bias", hidden, 0);
      matrix(l + "mlp.c_proj.weight", hidden, dim, inner);
      vector(l + "mlp.c_proj.bias", dim, 0);
      // The buffers of older files.
      if (positions < 100) {
        list.push_back({prefix + l + "attn.bias", {1, 1, positions, positions}, 0, 1});
        list.push_back({prefix + l + "attn.masked_bias", {}, 0, -10000});
      }
    }
    vector("ln_f.weight", dim, 1);
    vector("ln_f.bias", dim, 0);
    return list;
  }
  matrix("embed_tokens.weight", vocabulary, family == kOpt ? embedding_dim : dim, 0.5);
  if (!tied) {
    list.push_back({"lm_head.weight", {vocabulary, family == kOpt ? embedding_dim : dim}, unit, 0});
  }
  if (family == kOpt) {
    matrix("embed_positions.weight", positions + 2, dim, 0.3);
    if (embedding_dim != dim) {
      matrix("project_in.weight", dim, embedding_dim, unit);
      matrix("project_out.weight", embedding_dim, dim, unit);
    }
    if (norm_first) {
      vector("final_layer_norm.weight", dim, 1);
      vector("final_layer_norm.bias", dim, 0);
    }
  } else {
    vector("norm.weight", dim, 1);
  }
  for (int64_t i = 0; i < layers; ++i) {
    const std::string l = "layers." + std::to_string(i) + ".";
    if (family == kOpt) {
      for (const char* norm : {"self_attn_layer_norm", "final_layer_norm"}) {
        vector(l + norm + ".weight", dim, 1);
        vector(l + norm + ".bias", dim, 0);
      }
      for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        matrix(l + "self_attn." + name + ".weight", dim, dim, 2 * unit);
        vector(l + "self_attn." + name + ".bias", dim, 0);
      }
      matrix(l + "fc1.weight", hidden, dim, unit);
      vector(l + "fc1.bias", hidden, 0);
      matrix(l + "fc2.weight", dim, hidden, inner);
      vector(l + "fc2.bias", dim, 0);
    } else {
      const int64_t kv = dim / heads * kv_heads;
      vector(l + "input_layernorm.weight", dim, 1);
      vector(l + "post_attention_layernorm.weight", dim, 1);
      matrix(l + "self_attn.q_proj.weight", dim, dim, 2 * unit);
      matrix(l + "self_attn.k_proj.weight", kv, dim, 2 * unit);
      matrix(l + "self_attn.v_proj.weight", kv, dim, unit);
      matrix(l + "self_attn.o_proj.weight", dim, dim, unit);
      matrix(l + "mlp.gate_proj.weight", hidden, dim, unit);
      matrix(l + "mlp.up_proj.weight", hidden, dim, unit);
      matrix(l + "mlp.down_proj.weight", dim, hidden, inner);
      if (positions < 100)
        list.push_back({prefix + l + "self_attn.rotary_emb.inv_freq", {dim / heads / 2}, 0, 1});
    }
  }
  return list;
}

}  // namespace llmz::test
