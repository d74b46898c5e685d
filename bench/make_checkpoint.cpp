// SPDX-License-Identifier: Apache-2.0
// A checkpoint with the shape of a known model and random weights, to measure what its size costs.
//   make_checkpoint FOLDER gpt2|gpt2-xl|llama-7b F32|F16|BF16
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "tests/hf_writer.h"

using namespace llmz::test;

namespace {

bool find_shape(const std::string& name, RandomModel& m) {
  if (name == "gpt2" || name == "gpt2-xl") {
    const bool xl = name == "gpt2-xl";
    m.family = RandomModel::kGpt2;
    m.vocabulary = 50257;
    m.positions = 1024;
    m.dim = xl ? 1600 : 768;
    m.layers = xl ? 48 : 12;
    m.heads = xl ? 25 : 12;
    m.hidden = 4 * m.dim;
    return true;
  }
  if (name == "llama-7b") {
    m.family = RandomModel::kLlama;
    m.prefix = "model.";
    m.vocabulary = 32000;
    m.positions = 4096;
    m.dim = 4096;
    m.layers = m.heads = m.kv_heads = 32;
    m.hidden = 11008;
    m.tied = false;
    return true;
  }
  return false;
}

bool find_type(const std::string& name, Stored& type) {
  for (Stored candidate : {Stored::kF32, Stored::kF16, Stored::kBF16}) {
    if (name != dtype_name(candidate)) continue;
    type = candidate;
    return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  RandomModel model;
  Stored type = Stored::kF32;
  if (argc != 4 || !find_shape(argv[2], model) || !find_type(argv[3], type)) {
    std::fprintf(stderr, "usage: make_checkpoint FOLDER gpt2|gpt2-xl|llama-7b F32|F16|BF16\n");
    return 2;
  }
  try {
    const std::string folder = argv[1];
    std::filesystem::create_directories(folder);
    write_text(folder + "/config.json", model.config());
    write_safetensors(folder + "/model.safetensors", model.tensors(), type);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "make_checkpoint: %s\n", e.what());
    return 1;
  }
  return 0;
}
