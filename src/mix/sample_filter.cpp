// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_filter.h"

#include <algorithm>

namespace llmz::mix {
namespace {

constexpr int kWeightBits = 16, kGainBits = 20;
constexpr int64_t kValueLimit = int64_t{1} << 21, kWeightLimit = int64_t{1} << 20;
constexpr int64_t kLeastEnergy = 4096, kGainLimit = int64_t{1} << 38;

}  // namespace

int32_t SampleFilter::predict() {
  const int32_t* const past = &past_[at_];
  int64_t sum = 0;
  for (size_t i = 0; i < taps_; ++i) sum += int64_t{weights_[i]} * past[i];
  predicted_ = static_cast<int32_t>(std::clamp(sum >> kWeightBits, -kValueLimit, kValueLimit));
  return predicted_;
}

void SampleFilter::learn(int32_t value) {
  const int64_t error = int64_t{value} - predicted_;
  const int64_t gain =
      std::clamp(error * rate_ * (int64_t{1} << kGainBits) / (energy_ + kLeastEnergy), -kGainLimit,
                 kGainLimit);
  const int32_t* const past = &past_[at_];
  for (size_t i = 0; i < taps_; ++i) {
    const int64_t moved = weights_[i] + (gain * past[i] >> kGainBits);
    weights_[i] = static_cast<int32_t>(std::clamp(moved, -kWeightLimit, kWeightLimit));
  }
  energy_ += int64_t{value} * value - int64_t{past_[at_]} * past_[at_];
  past_[at_] = past_[at_ + taps_] = value;
  at_ = (at_ + 1) % taps_;
}

}  // namespace llmz::mix
