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
  // Rows of the table of token pairs, a power of two, or 0: there is none.
  uint32_t pair_rows = 0;
  // Every so manieth layer has a table that is added to its values (has_value_embedding); 0: none.
  uint32_t value_every = 0;
};

inline bool has_value_embedding(const ModelConfig& config, uint32_t layer) {
  return config.value_every > 0 && layer % config.value_every == config.value_every - 1;
}

// The row of the table of pairs that a token and the one before it have. The multipliers are those
// of xxHash's 32-bit primes 1 and 2.
inline uint32_t pair_row(const ModelConfig& config, uint32_t previous, uint32_t token) {
  const uint64_t hash = (previous * 2654435761u + token * 2246822519u);
  return static_cast<uint32_t>((hash & 0xffffffffu) * config.pair_rows >> 32);
}

}  // namespace llmz
