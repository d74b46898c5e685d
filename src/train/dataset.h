// SPDX-License-Identifier: Apache-2.0
// Tokens in, shuffled sequences for training out.
#pragma once

#include <torch/types.h>

#include <vector>

#include "train/token_pack.h"

namespace llmz::train {

// Sequences of length + 2 tokens (network.h). In each pass the documents (each ends with token 0,
// the NUL byte) are put in a new order, and the sequences are cut from that text in a random order.
// All of it is a function of (seed, position) alone, so that a resumed run goes on where it
// stopped.
class Sequences {
 public:
  Sequences(const std::vector<uint16_t>& tokens, size_t length, uint64_t seed);
  // Sequences number position .. position + count - 1 of the endless order: int64 [count][length +
  // 2].
  torch::Tensor batch(uint64_t position, size_t count);
  size_t per_pass() const { return order_.size(); }

 private:
  void shuffle(uint64_t pass);
  void copy(uint64_t from, size_t count, int64_t* out) const;
  const std::vector<uint16_t>& tokens_;
  size_t length_;
  uint64_t seed_, pass_ = ~uint64_t{0};
  std::vector<uint64_t> begin_;      // of each document in tokens_, and the end of all
  std::vector<uint32_t> documents_;  // in the order of this pass
  std::vector<uint64_t> place_;      // where each of them begins in the text of this pass
  std::vector<uint32_t> order_;      // of the sequences
};

}  // namespace llmz::train
