// SPDX-License-Identifier: Apache-2.0
// The shapes that have names.
#pragma once

#include <string>
#include <vector>

#include "train/settings.h"

namespace llmz::train {

struct NamedConfig {
  const char* name;
  bool bytes;  // the vocabulary is the 256 bytes
  ModelConfig model;
  uint64_t sequence_tokens, batch_sequences;
};

// deletang-*: Deletang et al. 2023, table 1: bytes, context 2,048. Their width and number of
// layers; heads are 64 wide here, and one key-value head serves all.
inline const std::vector<NamedConfig> kConfigs = {
    //                         vocabulary dim layers heads head_dim hidden window
    {"tiny", false, {1024, 64, 2, 1, 64, 256, 128}, 512, 8},
    {"fast", false, {2048, 128, 4, 2, 64, 512, 256}, 1024, 8},
    {"default", false, {4096, 256, 6, 4, 64, 1024, 256}, 1024, 8},
    {"best", false, {4096, 384, 8, 6, 64, 1280, 512}, 2048, 4},
    {"deletang-200k", true, {256, 64, 4, 1, 64, 256, 2048}, 2048, 4},
    {"deletang-800k", true, {256, 128, 4, 2, 64, 512, 2048}, 2048, 4},
    {"deletang-3.2m", true, {256, 256, 4, 4, 64, 1024, 2048}, 2048, 4},
};

// Throws kUsage with the names that there are.
const NamedConfig& find_config(const std::string& name);

}  // namespace llmz::train
