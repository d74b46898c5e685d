// SPDX-License-Identifier: Apache-2.0
// config.json of a Hugging Face directory: the shape of a GPT-2, OPT, LLaMA or Mistral transformer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace llmz::hf {

enum class Family { kGpt2, kOpt, kLlama, kMistral };

// All that the four families differ in, as values, so that one transformer serves them all.
struct Config {
  Family family = Family::kLlama;
  uint32_t vocabulary = 0;
  uint32_t dim = 0;
  uint32_t layers = 0;
  uint32_t heads = 0, kv_heads = 0, head_dim = 0;
  uint32_t hidden = 0;         // width inside the feed-forward part
  uint32_t max_positions = 0;  // learned positions: their number; rotary: what it was trained on
  uint32_t embedding_dim = 0;  // OPT 350M projects from another width; else dim
  bool learned_positions = false;  // else rotary
  uint32_t position_offset = 0;    // OPT: row of position 0 is 2
  bool layer_norm = false;         // LayerNorm with bias; else RMSNorm
  bool norm_first = true;          // OPT 350M normalizes after the addition
  bool gated = false;              // SiLU(gate) * up; else one matrix and `activation`
  enum class Activation { kGeluTanh, kGelu, kRelu, kSilu } activation = Activation::kSilu;
  bool biases = false;  // of the linear layers
  bool tied_embeddings = true;
  double norm_epsilon = 1e-5;
  double rope_theta = 10000;
  uint32_t sliding_window = 0;  // Mistral; 0: none
  std::optional<uint32_t> bos, eos;
};

constexpr uint32_t kMaxVocabulary = 1 << 21, kMaxWidth = 1 << 18, kMaxLayers = 1 << 12,
                   kMaxPositions = 1 << 24;

// Fills in what follows from the rest (0: not said) and calls `problem` for what does not fit
// together.
void complete_shape(Config& config, const std::function<void(const std::string&)>& problem);

// Reads DIR/config.json. Throws Error{kModelBad} with every field that is missing, of the wrong
// type or out of bounds, or {kUsage} for a family or an option that is not supported, saying which
// are.
Config read_config(const std::string& directory);

}  // namespace llmz::hf
