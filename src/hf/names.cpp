// SPDX-License-Identifier: Apache-2.0
#include "hf/names.h"

#include <algorithm>

#include "hf/quantized.h"

namespace llmz::hf {
namespace {

using Shape = std::vector<int64_t>;

bool begins_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}
bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The first of `prefixes` that some name has; the last one otherwise. Models saved without their
// head lack the outer part of the prefix.
std::string find_prefix(const std::vector<std::string>& names,
                        const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    for (const std::string& name : names)
      if (begins_with(name, prefix)) return prefix;
  }
  return prefixes.back();
}

class Table {
 public:
  Table(const Config& c, const std::string& prefix) : c_(c), prefix_(prefix) {}

  void want(const std::string& name, Shape shape, TensorView& view) {
    wanted_.push_back({prefix_ + name, std::move(shape), &view});
  }
  // NAME.weight [outputs][inputs] and, where the model has biases, NAME.bias [outputs].
  void matrix(const std::string& name, int64_t outputs, int64_t inputs, TensorView& weight,
              TensorView& bias) {
    want(name + ".weight", {outputs, inputs}, weight);
    if (c_.biases) want(name + ".bias", {outputs}, bias);
  }
  void norm(const std::string& name, TensorView& gain, TensorView& bias) {
    want(name + ".weight", {c_.dim}, gain);
    if (c_.layer_norm) want(name + ".bias", {c_.dim}, bias);
  }
  // The head has no prefix in any family.
  void head(TensorView& view) {
    if (!c_.tied_embeddings)
      wanted_.push_back({"lm_head.weight", {c_.vocabulary, c_.embedding_dim}, &view});
  }
  NameTable finish(std::vector<std::string> ignored_ends) {
    if (c_.tied_embeddings) ignored_ends.push_back("lm_head.weight");
    return {std::move(wanted_), [ends = std::move(ignored_ends)](const std::string& name) {
              return std::any_of(ends.begin(), ends.end(),
                                 [&](const std::string& end) { return ends_with(name, end); });
            }};
  }

 private:
  const Config& c_;
  std::string prefix_;
  std::vector<Wanted> wanted_;
};

NameTable gpt2(const Config& c, const std::vector<std::string>& names, Tensors& t) {
  Table table(c, find_prefix(names, {"transformer.", ""}));
  const int64_t d = c.dim, hidden = c.hidden;
  table.want("wte.weight", {c.vocabulary, d}, t.embedding);
  table.want("wpe.weight", {c.max_positions, d}, t.positions);
  table.norm("ln_f", t.final_norm, t.final_norm_bias);
  for (size_t i = 0; i < t.layers.size(); ++i) {
    LayerTensors& l = t.layers[i];
    const std::string name = "h." + std::to_string(i) + ".";
    // Conv1D: [inputs][outputs].
    const auto conv = [&](const std::string& part, int64_t inputs, int64_t outputs,
                          TensorView& weight, TensorView& bias) {
      table.want(name + part + ".weight", {inputs, outputs}, weight);
      table.want(name + part + ".bias", {outputs}, bias);
    };
    table.norm(name + "ln_1", l.norm1, l.norm1_bias);
    conv("attn.c_attn", d, 3 * d, l.query_key_value, l.query_key_value_bias);
    conv("attn.c_proj", d, d, l.output, l.output_bias);
    table.norm(name + "ln_2", l.norm2, l.norm2_bias);
    conv("mlp.c_fc", d, hidden, l.up, l.up_bias);
    conv("mlp.c_proj", hidden, d, l.down, l.down_bias);
  }
  table.head(t.head);
  return table.finish({".attn.bias", ".attn.masked_bias"});  // the causal mask as a buffer
}

NameTable opt(const Config& c, const std::vector<std::string>& names, Tensors& t) {
  Table table(c, find_prefix(names, {"model.decoder.", "decoder.", ""}));
  const int64_t d = c.dim, e = c.embedding_dim;
  table.want("embed_tokens.weight", {c.vocabulary, e}, t.embedding);
  table.want("embed_positions.weight", {int64_t{c.max_positions} + c.position_offset, d},
             t.positions);
  if (d != e) {
    table.want("project_in.weight", {d, e}, t.project_in);
    table.want("project_out.weight", {e, d}, t.project_out);
  }
  if (c.norm_first) table.norm("final_layer_norm", t.final_norm, t.final_norm_bias);
  for (size_t i = 0; i < t.layers.size(); ++i) {
    LayerTensors& l = t.layers[i];
    const std::string name = "layers." + std::to_string(i) + ".";
    table.norm(name + "self_attn_layer_norm", l.norm1, l.norm1_bias);
    table.norm(name + "final_layer_norm", l.norm2, l.norm2_bias);
    table.matrix(name + "self_attn.q_proj", d, d, l.query, l.query_bias);
    table.matrix(name + "self_attn.k_proj", d, d, l.key, l.key_bias);
    table.matrix(name + "self_attn.v_proj", d, d, l.value, l.value_bias);
    table.matrix(name + "self_attn.out_proj", d, d, l.output, l.output_bias);
    table.matrix(name + "fc1", c.hidden, d, l.up, l.up_bias);
    table.matrix(name + "fc2", d, c.hidden, l.down, l.down_bias);
  }
  table.head(t.head);
  return table.finish({});
}

// What a checkpoint of LLaMA or Mistral calls its tensors: those of a layer behind its number.
struct LlamaNames {
  const char *embedding, *final_norm, *layers;
  const char *norm1, *norm2, *query, *key, *value, *output, *gate, *up, *down;
};
constexpr LlamaNames kHuggingFaceNames = {"embed_tokens",
                                          "norm",
                                          "layers.",
                                          "input_layernorm",
                                          "post_attention_layernorm",
                                          "self_attn.q_proj",
                                          "self_attn.k_proj",
                                          "self_attn.v_proj",
                                          "self_attn.o_proj",
                                          "mlp.gate_proj",
                                          "mlp.up_proj",
                                          "mlp.down_proj"};
constexpr LlamaNames kGgufNames = {"token_embd",  "output_norm", "blk.",   "attn_norm",
                                   "ffn_norm",    "attn_q",      "attn_k", "attn_v",
                                   "attn_output", "ffn_gate",    "ffn_up", "ffn_down"};

void want_llama(Table& table, const LlamaNames& names, const Config& c, Tensors& t) {
  const int64_t d = c.dim, all_heads = int64_t{c.heads} * c.head_dim,
                kv_heads = int64_t{c.kv_heads} * c.head_dim;
  const auto want = [&](const std::string& name, Shape shape, auto& to) {
    table.want(name + ".weight", std::move(shape), to);
  };
  want(names.embedding, {c.vocabulary, d}, t.embedding);
  want(names.final_norm, {d}, t.final_norm);
  for (size_t i = 0; i < t.layers.size(); ++i) {
    LayerTensors& l = t.layers[i];
    const std::string layer = names.layers + std::to_string(i) + ".";
    want(layer + names.norm1, {d}, l.norm1);
    want(layer + names.norm2, {d}, l.norm2);
    want(layer + names.query, {all_heads, d}, l.query);
    want(layer + names.key, {kv_heads, d}, l.key);
    want(layer + names.value, {kv_heads, d}, l.value);
    want(layer + names.output, {d, all_heads}, l.output);
    want(layer + names.gate, {c.hidden, d}, l.gate);
    want(layer + names.up, {c.hidden, d}, l.up);
    want(layer + names.down, {d, c.hidden}, l.down);
  }
}

NameTable llama(const Config& c, const std::vector<std::string>& names, Tensors& t) {
  Table table(c, find_prefix(names, {"model.", ""}));
  want_llama(table, kHuggingFaceNames, c, t);
  table.head(t.head);
  return table.finish({".rotary_emb.inv_freq"});
}

}  // namespace

NameTable gguf_name_table(const Config& c, Tensors& t) {
  t.layers.resize(c.layers);
  Table table(c, "");
  want_llama(table, kGgufNames, c, t);
  if (!c.tied_embeddings) table.want("output.weight", {c.vocabulary, int64_t{c.dim}}, t.head);
  return table.finish({".attn_rot_embd.weight"});
}

NameTable name_table(const Config& config, const std::vector<std::string>& names,
                     Tensors& tensors) {
  tensors.layers.resize(config.layers);
  switch (config.family) {
    case Family::kGpt2:
      return gpt2(config, names, tensors);
    case Family::kOpt:
      return opt(config, names, tensors);
    default:
      return llama(config, names, tensors);
  }
}

void for_each_tensor(const Tensors& t, const std::function<void(const TensorView&)>& call) {
  const auto present = [&](std::initializer_list<const TensorView*> list) {
    for (const TensorView* view : list)
      if (view->elements > 0) call(*view);
  };
  present({&t.embedding, &t.positions, &t.project_in, &t.project_out, &t.final_norm,
           &t.final_norm_bias});
  if (t.head.data != t.embedding.data) call(t.head);
  for (const LayerTensors& l : t.layers) {
    present({&l.norm1, &l.norm1_bias, &l.norm2, &l.norm2_bias, &l.query, &l.key, &l.value,
             &l.output, &l.query_key_value, &l.query_bias, &l.key_bias, &l.value_bias,
             &l.query_key_value_bias, &l.output_bias, &l.gate, &l.up, &l.down, &l.up_bias,
             &l.down_bias});
  }
}

uint64_t size_bytes(const TensorView& tensor) {
  const BlockSize block = block_size(tensor.type);
  return tensor.elements / block.values * block.bytes;
}

}  // namespace llmz::hf
