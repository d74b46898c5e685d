// SPDX-License-Identifier: Apache-2.0
#include "mix/logistic.h"

#include <algorithm>

#include "mix/fixed_point.h"

namespace llmz::mix {
namespace {

// e^(-1/256) with 62 fraction bits.
constexpr uint64_t kStep = 4593706758521714574u;

}  // namespace

LogisticTables::LogisticTables() {
  constexpr uint64_t kOne = uint64_t{1} << 62;
  uint64_t power = kOne;  // e^(-x/256)
  for (int32_t x = 0; x <= kStretchLimit; ++x) {
    // The odds against are power : 1; 46 bits keep the quotient's rounding exact.
    const uint64_t low = ((power >> 16) << 16) / ((kOne + power) >> 16);
    const uint64_t p = std::clamp<uint64_t>(low, 1, kProbabilityOne / 2);
    squash[static_cast<size_t>(kStretchLimit - x)] = static_cast<uint16_t>(p);
    squash[static_cast<size_t>(kStretchLimit + x)] = static_cast<uint16_t>(kProbabilityOne - p);
    power = multiply62(power, kStep);
  }
  // Of all x <= 0 the first whose probability is at least p; the other half mirrors it.
  size_t x = 0;
  for (size_t i = 0; i < stretch.size() / 2; ++i) {
    while (squash[x] < 16 * i + 8) ++x;
    stretch[i] = static_cast<int16_t>(static_cast<int32_t>(x) - kStretchLimit);
    stretch[stretch.size() - 1 - i] = static_cast<int16_t>(-stretch[i]);
  }
}

const LogisticTables kLogistic;

}  // namespace llmz::mix
