// SPDX-License-Identifier: Apache-2.0
// A sample as a path of decisions, away from an expected value: on which side of it; in which of
// some ranges, each twice as wide as the one before; where in the range. A one is always further
// away. What the bounds decide is no decision.
#pragma once

#include <cstdint>

namespace llmz::mix {

class SampleDecisions {
 public:
  static constexpr uint32_t kScales = 16, kNodes = 64;

  // A sample of 0 .. top. The first range has 2^scale values.
  void begin(int32_t top, int32_t expected, uint32_t scale);
  bool done() const { return high_ - low_ == 1; }
  int32_t low() const { return low_; }
  int32_t high() const { return high_; }

  // The decision in hand: is the sample at least middle()? That it is, is a one or a zero.
  int32_t middle() const { return middle_; }
  bool upper_is_one() const { return upper_is_one_; }
  uint32_t outcome(uint32_t value) const {
    return (static_cast<int32_t>(value) >= middle_) == upper_is_one_;
  }
  void take(uint32_t bit);

  // Where on the path: below kScales, kNodes.
  uint32_t scale() const { return scale_; }
  uint32_t node() const { return node_; }
  // 0: side and range; then the place in the range, from 1.
  uint32_t depth() const { return part_ == Part::kPlace ? depth_ + 1 : 0; }

 private:
  enum class Part { kSide, kRange, kPlace };
  void next();

  Part part_ = Part::kSide;
  int32_t expected_ = 0, low_ = 0, high_ = 1, middle_ = 0;
  bool upper_is_one_ = true, up_ = true;
  uint32_t scale_ = 0, range_ = 0, depth_ = 0, first_bit_ = 0, node_ = 0;
};

}  // namespace llmz::mix
