// SPDX-License-Identifier: Apache-2.0
#include "train/dataset.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "base/error.h"

namespace llmz::train {
Sequences::Sequences(const std::vector<uint16_t>& tokens, size_t length, uint64_t seed)
    : tokens_(tokens), length_(length), seed_(seed) {
  if (tokens.size() < 2 * length + 2) {
    throw Error(ErrorKind::kUsage, "too little text to train on: " + std::to_string(tokens.size()) +
                                       " tokens, at least " + std::to_string(2 * length + 2) +
                                       " are needed");
  }
  shuffle(0);
}

void Sequences::shuffle(uint64_t pass) {
  pass_ = pass;
  order_.resize((tokens_.size() - 2 - length_) / length_);
  std::iota(order_.begin(), order_.end(), 0u);
  std::mt19937_64 random(seed_ * 1000003 + pass);
  for (size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random() % i]);
}

torch::Tensor Sequences::batch(uint64_t position, size_t count) {
  torch::Tensor out =
      torch::empty({static_cast<int64_t>(count), static_cast<int64_t>(length_ + 2)}, torch::kInt64);
  int64_t* p = out.data_ptr<int64_t>();
  for (size_t i = 0; i < count; ++i, ++position) {
    if (position / order_.size() != pass_) shuffle(position / order_.size());
    const size_t shift = pass_ * 7919 % length_;  // other cuts in each pass
    const uint16_t* from = tokens_.data() + order_[position % order_.size()] * length_ + shift;
    for (size_t j = 0; j < length_ + 2; ++j) *p++ = from[j];
  }
  return out;
}

}  // namespace llmz::train
