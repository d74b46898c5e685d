// SPDX-License-Identifier: Apache-2.0
// Whole Hugging Face folders with a tiny random transformer and a tokenizer.
#pragma once

#include <filesystem>
#include <map>

#include "hf_tokenizer_sample.h"
#include "hf_writer.h"

namespace llmz::test {

inline RandomModel tiny_checkpoint(RandomModel::Family family) {
  RandomModel model;
  model.family = family;
  model.layers = 2;
  if (family == RandomModel::kLlama || family == RandomModel::kMistral) {
    model.prefix = "model.";
    model.heads = 4;
    model.kv_heads = 2;
    model.dim = model.embedding_dim = 32;
    model.tied = family == RandomModel::kLlama;
    if (family == RandomModel::kMistral) model.sliding_window = 24;
  } else if (family == RandomModel::kOpt) {
    model.prefix = "model.decoder.";
  }
  return model;
}

// A LLaMA with rows of whole blocks of every quantized type.
inline RandomModel llama_of_blocks() {
  RandomModel model = tiny_checkpoint(RandomModel::kLlama);
  model.layers = 1;
  model.dim = model.embedding_dim = model.hidden = 256;
  model.tied = false;
  return model;
}

// vocab.json and merges.txt, or tokenizer.model. Sets the model's vocabulary.
inline void write_tokenizer(const std::string& folder, RandomModel& model) {
  if (model.family == RandomModel::kLlama || model.family == RandomModel::kMistral) {
    write_text(folder + "/tokenizer.model", small_llama_proto());
    model.vocabulary = 600;
    return;
  }
  SmallBpe bpe;
  const char* const pairs[][2] = {{"b", "a"},       {"l", "o"},   {"m", "i"},    {"c", "o"},
                                  {"co", "n"},      {"lo", "mi"}, {" ", "lomi"}, {" ", "ba"},
                                  {"\xc3", "\xa9"}, {"a", "a"},   {"aa", "aa"},  {"\n", " "}};
  for (const auto& pair : pairs) bpe.merge(pair[0], pair[1]);
  write_text(folder + "/vocab.json", bpe.vocabulary().dump());
  write_text(folder + "/merges.txt", bpe.merges_txt());
  model.vocabulary = static_cast<int64_t>(bpe.tokens.size()) + 3;  // rows that no token has
}

inline void write_checkpoint(const std::string& folder, RandomModel model) {
  std::filesystem::create_directories(folder);
  write_tokenizer(folder, model);
  write_text(folder + "/config.json", model.config());
  write_safetensors(folder + "/model.safetensors", model.tensors(), Stored::kF32);
}

inline const std::map<std::string, RandomModel::Family>& family_names() {
  static const std::map<std::string, RandomModel::Family> names = {
      {"gpt2", RandomModel::kGpt2},
      {"opt", RandomModel::kOpt},
      {"llama", RandomModel::kLlama},
      {"mistral", RandomModel::kMistral}};
  return names;
}

}  // namespace llmz::test
