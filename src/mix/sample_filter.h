// SPDX-License-Identifier: Apache-2.0
// A linear predictor of a series by its own past, whose weights follow the gradient of the error
// (normalized least mean squares), in integers.
//
// Source: B. Widrow, M. E. Hoff, "Adaptive switching circuits" (1960); behind another predictor:
// Monkey's Audio (M. T. Ashland), OptimFROG (F. Ghido), for the idea.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace llmz::mix {

class SampleFilter {
 public:
  // rate: in 2^-16, how much of its error a step takes away.
  SampleFilter(size_t taps, int32_t rate)
      : taps_(taps), rate_(rate), past_(2 * taps), weights_(taps) {}
  // What the series is likely to go on with, |x| <= 2^21, in its own units.
  int32_t predict();
  void learn(int32_t value);

 private:
  size_t taps_;
  int32_t rate_;
  // A ring, twice, so that its values are one stretch from at_, the oldest first.
  std::vector<int32_t> past_;
  std::vector<int32_t> weights_;  // in 2^-16
  size_t at_ = 0;
  int64_t energy_ = 0;
  int32_t predicted_ = 0;
};

}  // namespace llmz::mix
