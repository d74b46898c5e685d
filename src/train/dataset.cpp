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
  begin_.push_back(0);
  for (uint64_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i] == 0) begin_.push_back(i + 1);
  }
  begin_.push_back(tokens.size());
  documents_.resize(begin_.size() - 1);
  place_.resize(documents_.size());
  order_.resize((tokens_.size() - 2 - length_) / length_);
  shuffle(0);
}

void Sequences::shuffle(uint64_t pass) {
  pass_ = pass;
  std::mt19937_64 random(seed_ * 1000003 + pass);
  auto mix = [&](std::vector<uint32_t>& v) {
    std::iota(v.begin(), v.end(), 0u);
    for (size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[random() % i]);
  };
  mix(order_);
  mix(documents_);
  uint64_t place = 0;
  for (size_t i = 0; i < documents_.size(); ++i) {
    place_[i] = place;
    place += begin_[documents_[i] + 1] - begin_[documents_[i]];
  }
}

void Sequences::copy(uint64_t from, size_t count, int64_t* out) const {
  size_t i =
      static_cast<size_t>(std::upper_bound(place_.begin(), place_.end(), from) - place_.begin()) -
      1;
  for (uint64_t at = from - place_[i]; count > 0; ++i, at = 0) {
    const uint64_t begin = begin_[documents_[i]], end = begin_[documents_[i] + 1];
    for (uint64_t j = begin + at; j < end && count > 0; ++j, --count) *out++ = tokens_[j];
  }
}

torch::Tensor Sequences::batch(uint64_t position, size_t count) {
  torch::Tensor out =
      torch::empty({static_cast<int64_t>(count), static_cast<int64_t>(length_ + 2)}, torch::kInt64);
  int64_t* p = out.data_ptr<int64_t>();
  for (size_t i = 0; i < count; ++i, ++position, p += length_ + 2) {
    if (position / order_.size() != pass_) shuffle(position / order_.size());
    const size_t shift = pass_ * 7919 % length_;  // other cuts in each pass
    copy(uint64_t{order_[position % order_.size()]} * length_ + shift, length_ + 2, p);
  }
  return out;
}

}  // namespace llmz::train
