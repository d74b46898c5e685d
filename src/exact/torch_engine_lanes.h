// SPDX-License-Identifier: Apache-2.0
// The lanes of the torch engine's body: what each of them holds, and which attend together.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "exact/engine.h"
#include "exact/exact_model.h"

namespace llmz::torch_exact {

using at::Tensor;

// Of one layer, int8 [lanes][..][head_dim].
struct KeysAndValues {
  Tensor keys, values;
};

// The rows of one call of a body: row i is one token of one lane.
struct Rows {
  std::vector<int64_t> tokens, previous, positions;
};

// Lanes of one call that have equally many tokens, and attend together.
struct Batch {
  int64_t first = 0;  // row
  int64_t lanes = 0, count = 0;
  Tensor lane;       // int64 [lanes], which ones
  Tensor unseen;     // bool [lanes][count][1][window + count]: of the keys held and of its own
  Tensor row, slot;  // which rows' keys and values are held, and where
};

class Lanes {
 public:
  struct Lane {
    int64_t consumed = 0;     // tokens
    uint32_t last_token = 0;  // at the start, the NUL byte
  };
  struct Kept {
    Lane lane;
    std::vector<KeysAndValues> held;  // of each layer
  };

  Lanes(const ModelConfig& config, at::Device device) : config_(config), device_(device) {}

  // As Body says.
  void reset();
  void fork(uint32_t source, uint32_t lanes);
  Kept keep(uint32_t lane) const;
  void resume(const Kept& kept);

  // In batches, each of as many lanes as the memory for their scores allows. Then the lanes have
  // consumed their tokens.
  std::vector<Batch> batches_of(const std::vector<LaneTokens>& lanes) const;
  Rows consume(const std::vector<LaneTokens>& lanes);

  // What the lanes of a batch see in a layer, [lanes][window + count][head_dim]: what they held,
  // and the newest, which they hold afterwards. keys and values [rows of the call][head_dim], int8.
  KeysAndValues seen(size_t layer, const Batch& batch, const Tensor& keys, const Tensor& values);

 private:
  Batch batch_of(const LaneTokens* lanes, size_t lane_count, int64_t first) const;

  const ModelConfig config_;
  const at::Device device_;
  std::vector<Lane> lanes_;
  // Of each layer, [lanes][window][head_dim]: those of a lane's token number n, from 0, in slot
  // n mod window.
  std::vector<KeysAndValues> held_;
};

}  // namespace llmz::torch_exact
