// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_distribution.h"

#include "mix/fixed_point.h"

namespace llmz::mix {
namespace {

// e^(-1/64) with 62 fraction bits.
constexpr uint64_t kStep = 4540188453729421604u;

}  // namespace

CumulativeLogistic::CumulativeLogistic() {
  constexpr uint64_t kOne = uint64_t{1} << 62;
  uint64_t power = kOne;  // e^(-x/64)
  for (int32_t x = 0; x <= kLimit; ++x) {
    const uint64_t below = power / ((kOne + power) >> 32);
    of[static_cast<size_t>(kLimit - x)] = static_cast<uint32_t>(below);
    of[static_cast<size_t>(kLimit + x)] = static_cast<uint32_t>((uint64_t{1} << 32) - below);
    power = multiply62(power, kStep);
  }
}

const CumulativeLogistic kCumulativeLogistic;

}  // namespace llmz::mix
