// SPDX-License-Identifier: Apache-2.0
// The shape of a transformer.
#pragma once

#include <cstdint>

namespace llmz {

constexpr uint32_t kMaxWindow = 2048;

struct ModelConfig {
  uint32_t vocabulary = 4096;  // tokens
  uint32_t dim = 256;          // width of the residual stream
  uint32_t layers = 6;
  uint32_t heads = 4;      // query heads; one key-value head serves all
  uint32_t head_dim = 64;  // dimensions of a head; even
  uint32_t hidden = 1024;  // width of the feed-forward layer
  uint32_t window = 256;   // tokens that attention sees, the newest included
};

// Attention's weights have 15 fraction bits less this: their sum over the window, times a value,
// must fit 32 bits.
inline uint32_t attention_shift(const ModelConfig& config) { return config.window > 1024 ? 2 : 1; }

}  // namespace llmz
