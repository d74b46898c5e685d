// SPDX-License-Identifier: Apache-2.0
// The logistic distribution in integers: what an expected value and its mean error say of a
// decision about a sample.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace llmz::mix {

struct CumulativeLogistic {
  static constexpr int32_t kPerNat = 64, kNats = 16, kLimit = kPerNat * kNats;
  CumulativeLogistic();
  std::array<uint32_t, 2 * kLimit + 1> of;  // 2^32 / (1 + e^(-x/64)), x from -kLimit
};
extern const CumulativeLogistic kCumulativeLogistic;

class SampleDistribution {
 public:
  // Both in sixteenths; spread > 0 is the mean distance from the center.
  void set(int32_t center, int32_t spread) {
    center_ = center;
    // In 2^-14 nats for each sixteenth: the mean distance is 2 ln 2 times the scale.
    factor_ = (int64_t{22713} << kFactorBits) / spread;
  }
  void begin(int32_t low, int32_t high) {
    low_ = below(low);
    high_ = below(high);
  }
  // The probability, in 2^16, that a value of low .. high - 1 is at least `middle`.
  uint32_t at_least(int32_t middle) {
    middle_ = below(middle);
    const uint64_t above = uint64_t{high_ - middle_} + 1, all = uint64_t{high_ - low_} + 2;
    return static_cast<uint32_t>((above << 16) / all);
  }
  void take(bool upper) { (upper ? low_ : high_) = middle_; }

 private:
  static constexpr int kFactorBits = 8;
  // The part of the distribution below a value.
  uint32_t below(int32_t value) const {
    const int64_t distance = int64_t{value} * 16 - 8 - center_;
    constexpr int64_t kEdge = int64_t{CumulativeLogistic::kLimit} * 256 - 1;
    const int64_t x = std::clamp(distance * factor_ >> kFactorBits, -kEdge, kEdge) + kEdge + 1;
    const size_t cell = static_cast<size_t>(x >> 8);
    const int64_t a = kCumulativeLogistic.of[cell], b = kCumulativeLogistic.of[cell + 1];
    return static_cast<uint32_t>(a + ((b - a) * (x & 255) >> 8));
  }

  int32_t center_ = 0;
  int64_t factor_ = 0;
  uint32_t low_ = 0, high_ = 0, middle_ = 0;
};

}  // namespace llmz::mix
