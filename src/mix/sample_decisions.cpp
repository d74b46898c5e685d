// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_decisions.h"

#include <algorithm>

namespace llmz::mix {

void SampleDecisions::begin(int32_t top, int32_t expected, uint32_t scale) {
  low_ = 0;
  high_ = top + 1;
  expected_ = expected;
  scale_ = scale;
  part_ = Part::kSide;
  up_ = true;
  range_ = depth_ = first_bit_ = 0;
  next();
}

void SampleDecisions::take(uint32_t bit) {
  const bool upper = (bit != 0) == upper_is_one_;
  (upper ? low_ : high_) = middle_;
  switch (part_) {
    case Part::kSide:
      up_ = upper;
      part_ = Part::kRange;
      break;
    case Part::kRange:
      if (bit == 0) part_ = Part::kPlace;
      range_ += bit;
      break;
    case Part::kPlace:
      if (depth_ == 0) first_bit_ = bit;
      ++depth_;
      break;
  }
  next();
}

// The next question that the bounds leave open.
void SampleDecisions::next() {
  if (done()) return;
  if (part_ == Part::kSide) {
    middle_ = expected_;
    upper_is_one_ = true;
    node_ = 0;
    if (middle_ > low_) return;
    part_ = Part::kRange;
  }
  upper_is_one_ = up_;
  const uint32_t way = up_, range = std::min(range_, 7u);
  if (part_ == Part::kRange) {
    const int32_t reach = 1 << (scale_ + range_);
    middle_ = up_ ? expected_ + reach : expected_ - reach;
    node_ = 1 + 8 * way + range;
    if (middle_ > low_ && middle_ < high_) return;
    part_ = Part::kPlace;
  }
  // The part that is further away has at most as many values as the other one, a power of two.
  const int32_t half = 1 << (31 - __builtin_clz(static_cast<uint32_t>(high_ - low_ - 1)));
  middle_ = up_ ? low_ + half : high_ - half;
  node_ = depth_ == 0   ? 17 + 8 * way + range
          : depth_ == 1 ? 33 + 8 * way + 2 * std::min(range, 3u) + first_bit_
                        : 49 + 2 * std::min(depth_ - 2, 6u) + way;
}

}  // namespace llmz::mix
