// SPDX-License-Identifier: Apache-2.0
// Probabilities that follow what they see: AdaptiveMap (context -> probability) and
// RefinementStage (context and a probability -> a better one: the SSE or APM stage of PAQ8).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mix/logistic.h"

namespace llmz::mix {

// A probability of 22 bits and a count of 10 bits in one word. The rate is 1 / (count + 1.5) until
// the count reaches a limit.
class AdaptiveProbability {
 public:
  explicit AdaptiveProbability(uint32_t p16 = kProbabilityOne / 2, uint32_t count = 0)
      : word_(p16 << 16 | count) {}
  uint32_t p16() const { return word_ >> 16; }
  void update(uint32_t bit, uint32_t limit);

 private:
  uint32_t word_;
};

struct Reciprocals {
  Reciprocals() {
    for (size_t n = 0; n < of.size(); ++n) of[n] = static_cast<uint32_t>(2 * 65536 / (2 * n + 3));
  }
  std::array<uint32_t, 1024> of;  // 2^16 / (n + 1.5)
};
extern const Reciprocals kReciprocals;

inline void AdaptiveProbability::update(uint32_t bit, uint32_t limit) {
  const uint32_t count = word_ & 1023;
  const int64_t p = word_ >> 10, target = bit ? (1 << 22) - 1 : 0;
  const int64_t moved = p + ((target - p) * kReciprocals.of[count] >> 16);
  word_ = static_cast<uint32_t>(moved) << 10 | (count < limit ? count + 1 : count);
}

// 34 probabilities over the logistic domain for each context; the two beside the input are
// interpolated, and the nearer one learns.
class RefinementStage {
 public:
  RefinementStage(size_t contexts, uint32_t limit) : cells_(contexts, as_new()), limit_(limit) {}
  void prefetch(size_t context) const {
    const auto* const begin = reinterpret_cast<const char*>(&cells_[context]);
    for (size_t i = 0; i < sizeof(Cells); i += 64) __builtin_prefetch(begin + i);
  }
  uint32_t refine(size_t context, int32_t stretched) {
    const int32_t offset = stretched + kCells / 2 * kStep;
    const int32_t cell = offset / kStep, part = offset % kStep;
    const size_t i = static_cast<size_t>(cell);
    used_context_ = context;
    used_cell_ = i + (part >= kStep / 2);
    const Cells& cells = cells_[context];
    const int32_t low = static_cast<int32_t>(cells[i].p16()),
                  high = static_cast<int32_t>(cells[i + 1].p16());
    return static_cast<uint32_t>(low + (high - low) * part / kStep);
  }
  void update(uint32_t bit) { cells_[used_context_][used_cell_].update(bit, limit_); }

 private:
  static constexpr int32_t kCells = 34, kStep = 180;  // 17 * 180 >= kStretchLimit
  using Cells = std::array<AdaptiveProbability, kCells>;
  // Of a context; the contexts are copies of it, which are made much faster.
  static Cells as_new() {
    Cells cells;
    for (int32_t i = 0; i < kCells; ++i)
      cells[static_cast<size_t>(i)] = AdaptiveProbability(squash((i - kCells / 2) * kStep), 6);
    return cells;
  }
  std::vector<Cells> cells_;
  uint32_t limit_;
  size_t used_context_ = 0, used_cell_ = 0;
};

}  // namespace llmz::mix
