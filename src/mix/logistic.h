// SPDX-License-Identifier: Apache-2.0
// The logistic domain of binary mixing, in integers: probabilities of 16 bits, and their log odds
// in 1/256 nats. The tables come from integer arithmetic alone (docs/mixing.md), so they are the
// same on every machine.
//
// Source: M. Mahoney, "Adaptive weighing of context models for lossless data compression" (2005).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace llmz::mix {

constexpr int kProbabilityBits = 16;
constexpr int32_t kProbabilityOne = 1 << kProbabilityBits;
constexpr int32_t kStretchLimit = 2839;  // 11.09 nats: odds of 2^16

struct LogisticTables {
  LogisticTables();
  std::array<uint16_t, 2 * kStretchLimit + 1> squash;
  std::array<int16_t, 4096> stretch;  // 12 bits of the probability: it stays in the first cache
};
extern const LogisticTables kLogistic;

// ln(p / (1 - p)) in 1/256 nats, p in 2^16 and taken in the middle of its 16 neighbours.
inline int32_t stretch(uint32_t p) { return kLogistic.stretch[p / 16]; }

// The inverse: 1 .. 65535, for any x.
inline uint32_t squash(int32_t x) {
  if (x > kStretchLimit) x = kStretchLimit;
  if (x < -kStretchLimit) x = -kStretchLimit;
  return kLogistic.squash[static_cast<size_t>(x + kStretchLimit)];
}

}  // namespace llmz::mix
