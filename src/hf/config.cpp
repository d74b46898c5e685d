// SPDX-License-Identifier: Apache-2.0
#include "hf/config.h"

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "hf/json.h"

namespace llmz::hf {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

// Reads members and gathers everything that is wrong with them. null counts as absent.
class Fields {
 public:
  explicit Fields(Json json) : json_(std::move(json)) {}

  bool named(const char* name) const { return json_.contains(name); }
  bool has(const char* name) const { return json_.contains(name) && !json_.at(name).is_null(); }
  void problem(const std::string& text) { problems_ += "\n  " + text; }
  void unsupported(const std::string& text) { unsupported_ += "\n  " + text; }

  // An integer from 1 to `max`.
  uint32_t count(const char* name, uint32_t max) {
    if (!has(name)) {
      problem(std::string(name) + " is missing");
      return 1;
    }
    return count(name, max, 1);
  }
  uint32_t count(const char* name, uint32_t max, uint32_t otherwise) {
    if (!has(name)) return otherwise;
    const Json& value = json_.at(name);
    if (value.is_number_unsigned() && value.get<uint64_t>() >= 1 && value.get<uint64_t>() <= max)
      return value.get<uint32_t>();
    problem(std::string(name) + " must be an integer from 1 to " + std::to_string(max) + ", not " +
            shown(value));
    return 1;
  }
  double positive(const char* name, double otherwise) {
    return has(name) ? positive(json_.at(name), name) : otherwise;
  }
  double positive(const Json& value, const char* name) {
    // Bounds that float32 holds.
    if (value.is_number() && value.get<double>() > 1e-30 && value.get<double>() < 1e30)
      return value.get<double>();
    problem(std::string(name) + " must be a positive number, not " + shown(value));
    return 1;
  }
  bool flag(const char* name, bool otherwise) {
    if (!has(name)) return otherwise;
    if (json_.at(name).is_boolean()) return json_.at(name).get<bool>();
    problem(std::string(name) + " must be true or false, not " + shown(json_.at(name)));
    return otherwise;
  }
  std::string text(const char* name, const char* otherwise) {
    if (!has(name)) return otherwise;
    if (json_.at(name).is_string()) return json_.at(name).get<std::string>();
    problem(std::string(name) + " must be a string, not " + shown(json_.at(name)));
    return otherwise;
  }
  // A special token: an id, or a list of which the first counts; -1 stands for none.
  std::optional<uint32_t> token(const char* name, uint32_t vocabulary,
                                std::optional<uint32_t> otherwise) {
    if (!json_.contains(name)) {
      return otherwise && *otherwise < vocabulary ? otherwise : std::nullopt;
    }
    const Json& member = json_.at(name);
    const Json& value = member.is_array() && !member.empty() ? member[0] : member;
    if (value.is_null() || value == -1) return std::nullopt;
    if (value.is_number_unsigned() && value.get<uint64_t>() < vocabulary)
      return value.get<uint32_t>();
    problem(std::string(name) + " must be a token below " + std::to_string(vocabulary) + ", not " +
            shown(value));
    return std::nullopt;
  }
  // An option that must have its usual value.
  void require(const char* name, bool usual) {
    if (flag(name, usual) != usual)
      unsupported(std::string(name) + " must be " + (usual ? "true" : "false"));
  }
  const Json& json(const char* name) const { return json_.at(name); }

  void finish(const std::string& path) const {
    if (!problems_.empty()) throw Error(ErrorKind::kModelBad, path + ":" + problems_);
    if (!unsupported_.empty())
      throw Error(ErrorKind::kUsage, path + ": options that llmz does not support:" + unsupported_);
  }

 private:
  static std::string shown(const Json& value) {
    return in_quotes(value.dump(-1, ' ', true, Json::error_handler_t::replace));
  }

  Json json_;
  std::string problems_, unsupported_;
};

Config::Activation activation(Fields& f, const char* member, const char* otherwise) {
  using A = Config::Activation;
  const std::string name = f.text(member, otherwise);
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast") return A::kGeluTanh;
  if (name == "gelu") return A::kGelu;
  if (name == "relu") return A::kRelu;
  if (name == "silu" || name == "swish") return A::kSilu;
  f.unsupported(std::string(member) + " " + in_quotes(name) +
                "; supported: gelu_new, gelu_pytorch_tanh, gelu_fast, gelu, relu, silu, swish");
  return A::kRelu;
}

void read_gpt2(Fields& f, Config& c) {
  c.dim = f.count("n_embd", kMaxWidth);
  c.layers = f.count("n_layer", kMaxLayers);
  c.heads = f.count("n_head", kMaxWidth);
  c.hidden = f.count("n_inner", 4 * kMaxWidth, 4 * c.dim);
  c.max_positions =
      f.count(f.has("n_ctx") && !f.has("n_positions") ? "n_ctx" : "n_positions", kMaxPositions);
  c.activation = activation(f, "activation_function", "gelu_new");
  c.norm_epsilon = f.positive("layer_norm_epsilon", 1e-5);
  c.learned_positions = c.layer_norm = c.biases = true;
  c.tied_embeddings = f.flag("tie_word_embeddings", true);
  c.bos = f.token("bos_token_id", c.vocabulary, 50256);
  c.eos = f.token("eos_token_id", c.vocabulary, 50256);
  f.require("scale_attn_weights", true);
  f.require("scale_attn_by_inverse_layer_idx", false);
  f.require("add_cross_attention", false);
}

void read_opt(Fields& f, Config& c) {
  c.dim = f.count("hidden_size", kMaxWidth);
  c.layers = f.count("num_hidden_layers", kMaxLayers);
  c.heads = f.count("num_attention_heads", kMaxWidth);
  c.hidden = f.count("ffn_dim", 4 * kMaxWidth);
  c.max_positions = f.count("max_position_embeddings", kMaxPositions);
  c.embedding_dim = f.count("word_embed_proj_dim", kMaxWidth, c.dim);
  c.activation = activation(f, "activation_function", "relu");
  c.learned_positions = c.layer_norm = true;
  c.position_offset = 2;
  c.norm_first = f.flag("do_layer_norm_before", true);
  c.biases = f.flag("enable_bias", true);
  c.tied_embeddings = f.flag("tie_word_embeddings", true);
  c.bos = f.token("bos_token_id", c.vocabulary, 2);
  c.eos = f.token("eos_token_id", c.vocabulary, 2);
  f.require("layer_norm_elementwise_affine", true);
  f.require("_remove_final_layer_norm", false);
}

// Older files have rope_theta and rope_scaling, newer ones rope_parameters with both.
void read_rotary(Fields& f, Config& c) {
  c.rope_theta = f.positive("rope_theta", 10000);
  for (const char* name : {"rope_scaling", "rope_parameters"}) {
    if (!f.has(name)) continue;
    const Json& rope = f.json(name);
    if (!rope.is_object()) {
      f.problem(std::string(name) + " must be an object");
      continue;
    }
    for (const char* kind : {"rope_type", "type"}) {
      if (rope.contains(kind) && rope.at(kind) != "default") {
        f.unsupported(std::string(name) + " (" + in_quotes(rope.at(kind).dump()) +
                      "): only unscaled rotary positions");
      }
    }
    if (rope.contains("rope_theta"))
      c.rope_theta = f.positive(rope.at("rope_theta"), "rope_parameters.rope_theta");
    else if (rope.contains("factor") && !rope.contains("rope_type") && !rope.contains("type"))
      f.unsupported(std::string(name) + ": only unscaled rotary positions");
  }
  if (f.positive("partial_rotary_factor", 1) != 1) f.unsupported("partial_rotary_factor must be 1");
}

void read_llama(Fields& f, Config& c) {
  const bool mistral = c.family == Family::kMistral;
  c.dim = f.count("hidden_size", kMaxWidth);
  c.layers = f.count("num_hidden_layers", kMaxLayers);
  c.heads = f.count("num_attention_heads", kMaxWidth);
  c.kv_heads = f.count("num_key_value_heads", kMaxWidth,
                       mistral && !f.named("num_key_value_heads") ? 8 : c.heads);
  c.hidden = f.count("intermediate_size", 4 * kMaxWidth);
  c.max_positions = f.count("max_position_embeddings", kMaxPositions, mistral ? 4096 * 32 : 2048);
  c.head_dim = f.count("head_dim", kMaxWidth, std::max(1u, c.dim / c.heads));
  c.activation = activation(f, "hidden_act", "silu");
  c.gated = true;
  c.norm_epsilon = f.positive("rms_norm_eps", 1e-6);
  c.tied_embeddings = f.flag("tie_word_embeddings", false);
  c.bos = f.token("bos_token_id", c.vocabulary, 1);
  c.eos = f.token("eos_token_id", c.vocabulary, 2);
  read_rotary(f, c);
  f.require("attention_bias", false);
  f.require("mlp_bias", false);
  // Null is none; where the member is absent, the original takes 4096.
  if (mistral)
    c.sliding_window =
        f.count("sliding_window", kMaxPositions, f.named("sliding_window") ? 0 : 4096);
}

}  // namespace

void complete_shape(Config& c, const std::function<void(const std::string&)>& problem) {
  if (c.embedding_dim == 0) c.embedding_dim = c.dim;
  if (c.kv_heads == 0) c.kv_heads = c.heads;
  if (c.head_dim == 0) {
    if (c.dim % c.heads != 0) {
      problem("the width " + std::to_string(c.dim) + " does not divide into " +
              std::to_string(c.heads) + " heads");
    }
    c.head_dim = std::max(1u, c.dim / c.heads);
  }
  if (!c.learned_positions && c.head_dim % 2 != 0)
    problem("rotary positions need heads of even width, not " + std::to_string(c.head_dim));
  if (uint64_t{c.heads} * c.head_dim > kMaxWidth) {
    problem(std::to_string(c.heads) + " heads of width " + std::to_string(c.head_dim) +
            " are wider than " + std::to_string(kMaxWidth));
  }
  if (c.heads % c.kv_heads != 0) {
    problem(std::to_string(c.heads) + " heads cannot share " + std::to_string(c.kv_heads) +
            " key-value heads");
  }
}

Config read_config(const std::string& directory) {
  const std::string path = directory + "/config.json";
  Json json = read_json(path, kMaxConfigBytes);
  if (!json.is_object()) throw Error(ErrorKind::kModelBad, path + ": not a JSON object");
  Fields f(std::move(json));
  const std::string type = f.text("model_type", "");
  Config c;
  using Read = void (*)(Fields&, Config&);
  Read read = nullptr;
  for (const auto& [name, family, function] :
       {std::tuple<const char*, Family, Read>{"gpt2", Family::kGpt2, read_gpt2},
        {"opt", Family::kOpt, read_opt},
        {"llama", Family::kLlama, read_llama},
        {"mistral", Family::kMistral, read_llama}}) {
    if (type != name) continue;
    c.family = family;
    read = function;
  }
  if (!read) {
    f.finish(path);
    throw Error(ErrorKind::kUsage, path + ": model_type is " +
                                       (type.empty() ? "missing" : in_quotes(type)) +
                                       "; llmz reads gpt2, opt, llama and mistral");
  }
  c.vocabulary = f.count("vocab_size", kMaxVocabulary);
  read(f, c);
  complete_shape(c, [&](const std::string& problem) { f.problem(problem); });
  f.finish(path);
  return c;
}

}  // namespace llmz::hf
