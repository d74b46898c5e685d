// SPDX-License-Identifier: Apache-2.0
#include "hf/gguf_config.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "hf/json.h"

namespace llmz::hf {
namespace {

[[noreturn]] void unsupported(const GgufFile& file, const std::string& what) {
  throw Error(ErrorKind::kUsage, file.path() + ": " + what);
}

uint32_t count(const GgufFile& file, const std::string& name, uint32_t max) {
  const uint64_t value = file.natural(name);
  if (value >= 1 && value <= max) return static_cast<uint32_t>(value);
  throw Error(ErrorKind::kModelBad, file.path() + ": " + name + " must be from 1 to " +
                                        std::to_string(max) + ", not " + std::to_string(value));
}
uint32_t count(const GgufFile& file, const std::string& name, uint32_t max, uint32_t otherwise) {
  return file.has(name) ? count(file, name, max) : otherwise;
}

// The shortest decimal number that a float32 stands for: 1e-06 was meant, and stands in
// config.json, where a file has 9.99999997e-07.
double as_written(double value) {
  const auto single = static_cast<float>(value);
  if (static_cast<double>(single) != value) return value;
  char text[64];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, single);
  double read = value;
  std::from_chars(text, end.ptr, read);
  return read;
}

double positive(const GgufFile& file, const std::string& name, double otherwise) {
  const double value = file.has(name) ? as_written(file.number(name)) : otherwise;
  if (value > 1e-30 && value < 1e30) return value;
  throw Error(ErrorKind::kModelBad, file.path() + ": " + name + " must be a positive number");
}

void refuse_other_networks(const GgufFile& file) {
  const std::string architecture = file.text("general.architecture");
  if (architecture != "llama") {
    unsupported(file, "the architecture " + in_quotes(architecture) +
                          "; of GGUF files llmz reads llama (LLaMA and Mistral)");
  }
  if (file.has("split.count") && file.natural("split.count") > 1)
    unsupported(file, "one of several parts: join them first (llama-gguf-split --merge)");
  if (file.has("llama.expert_count") && file.natural("llama.expert_count") > 0)
    unsupported(file, "a mixture of experts, which llmz does not compute");
  const bool scaled =
      file.tensors().count("rope_freqs.weight") > 0 ||
      (file.has("llama.rope.scaling.type") && file.text("llama.rope.scaling.type") != "none") ||
      (file.has("llama.rope.scaling.factor") && file.number("llama.rope.scaling.factor") != 1) ||
      (file.has("llama.rope.scale_linear") && file.number("llama.rope.scale_linear") != 1);
  if (scaled) unsupported(file, "scaled rotary positions; llmz computes unscaled ones only");
}

std::optional<uint32_t> special(const GgufFile& file, const std::string& name, uint32_t tokens) {
  if (!file.has(name)) return {};
  const uint64_t id = file.natural(name);
  return id < tokens ? std::optional(static_cast<uint32_t>(id)) : std::nullopt;
}

}  // namespace

Config gguf_config(const GgufFile& file) {
  refuse_other_networks(file);
  Config c;
  c.family = Family::kLlama;
  const auto embedding = file.tensors().find("token_embd.weight");
  if (embedding == file.tensors().end() || embedding->second.shape.size() != 2)
    throw Error(ErrorKind::kModelBad, file.path() + ": has no matrix token_embd.weight");
  const int64_t rows = embedding->second.shape[0];
  if (rows < 1 || rows > kMaxVocabulary)
    throw Error(ErrorKind::kModelBad, file.path() + ": " + std::to_string(rows) + " tokens");
  c.vocabulary = static_cast<uint32_t>(rows);
  c.dim = count(file, "llama.embedding_length", kMaxWidth);
  c.layers = count(file, "llama.block_count", kMaxLayers);
  c.heads = count(file, "llama.attention.head_count", kMaxWidth);
  c.kv_heads = count(file, "llama.attention.head_count_kv", kMaxWidth, c.heads);
  c.hidden = count(file, "llama.feed_forward_length", 4 * kMaxWidth);
  c.max_positions = count(file, "llama.context_length", kMaxPositions);
  c.head_dim = count(file, "llama.attention.key_length", kMaxWidth, std::max(1u, c.dim / c.heads));
  c.norm_epsilon = positive(file, "llama.attention.layer_norm_rms_epsilon", 1e-5);
  c.rope_theta = positive(file, "llama.rope.freq_base", 10000);
  if (count(file, "llama.rope.dimension_count", kMaxWidth, c.head_dim) != c.head_dim ||
      count(file, "llama.attention.value_length", kMaxWidth, c.head_dim) != c.head_dim)
    unsupported(file, "heads whose keys, values and rotation are not equally wide");
  c.gated = true;
  c.activation = Config::Activation::kSilu;
  c.tied_embeddings = file.tensors().count("output.weight") == 0;
  if (file.has("llama.attention.sliding_window"))
    c.sliding_window = count(file, "llama.attention.sliding_window", kMaxPositions);
  c.bos = special(file, "tokenizer.ggml.bos_token_id", c.vocabulary);
  c.eos = special(file, "tokenizer.ggml.eos_token_id", c.vocabulary);
  complete_shape(c, [&](const std::string& problem) {
    throw Error(ErrorKind::kModelBad, file.path() + ": " + problem);
  });
  return c;
}

}  // namespace llmz::hf
