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
  // Parts that a network may have; 0: it has not.
  uint32_t pair_rows = 0;    // of the table of pairs of tokens; a power of two
  uint32_t value_every = 0;  // the last of so many layers has a value embedding
};

inline bool has_value_embedding(const ModelConfig& config, uint32_t layer) {
  return config.value_every > 0 && layer % config.value_every == config.value_every - 1;
}

// The row of a pair of tokens in a table of `rows`, a power of two from 2 on: a hash, so that
// pairs share rows.
inline uint32_t pair_row(uint32_t previous, uint32_t token, uint32_t rows) {
  const uint32_t hash = previous * 2654435761u + token * 2246822519u;
  return static_cast<uint32_t>((uint64_t{hash} * rows) >> 32);
}

// Attention's weights have 15 fraction bits less this: their sum over the window, times a value,
// must fit 32 bits.
inline uint32_t attention_shift(const ModelConfig& config) { return config.window > 1024 ? 2 : 1; }

}  // namespace llmz
