// SPDX-License-Identifier: Apache-2.0
// The longest repeats: where the last bytes stood before, and what came next there. The index is
// shared by all lanes; a lane follows one candidate until it errs.
//
// Source: PAQ's match model (M. Mahoney).
#pragma once

#include <cstdint>
#include <vector>

#include "base/zero_memory.h"
#include "mix/adaptive.h"
#include "mix/history.h"

namespace llmz::mix {

class MatchModel {
 public:
  // Where a lane is in its match; copied when lanes fork.
  struct Follower {
    uint32_t at = 0;      // the position of the byte predicted next
    uint32_t length = 0;  // bytes that agreed; 0: no match
    uint32_t missed = 0;  // recent errors: 0..3
  };

  MatchModel(uint32_t shortest, int index_bits)
      : shortest_(shortest),
        shift_(32 - index_bits),
        index_(size_t{1} << index_bits),
        learned_(kBuckets * 4),
        end_learned_(kBuckets * 2) {}

  void use_large_pages() { index_.use_large_pages(); }
  void share() { index_.share(); }
  uint32_t shortest() const { return shortest_; }
  void prefetch(uint32_t hash) const { __builtin_prefetch(&index_[hash >> shift_]); }

  // After the byte before `position` was written; `hash` is of the last shortest() bytes, at
  // most 8.
  void advance(Follower& f, const History& history, uint32_t position, uint32_t hash) {
    if (f.length > 0) {
      if (history.at(f.at) == history.at(position - 1)) {
        f.length += f.length < kLongest;
        ++f.at;
      } else {
        f.length = 0;
        f.missed = 3;
      }
    }
    uint32_t& last = index_[hash >> shift_];
    if (f.length == 0 && last != 0) {
      uint32_t length = 0;
      while (length < kVerified &&
             history.at(last - 1 - length) == history.at(position - 1 - length))
        ++length;
      if (length >= shortest_) {
        f.length = length;
        f.at = last;
      }
    }
    if (f.length > 0 && f.length % 16 == 0 && f.missed > 0) --f.missed;
    last = position;
  }

  uint32_t bucket(const Follower& f) const {
    if (f.length == 0) return 0;
    const uint32_t n = f.length;
    const uint32_t step = n < 8    ? 1
                          : n < 12 ? 2
                          : n < 16 ? 3
                          : n < 24 ? 4
                          : n < 32 ? 5
                          : n < 48 ? 6
                                   : 7;
    return f.missed > 0 ? step : step + 7;
  }
  static constexpr uint32_t kBuckets = 15;

  AdaptiveProbability& agrees(uint32_t bucket, uint32_t bit_is_late) {
    return learned_[bucket * 4 + bit_is_late];
  }
  AdaptiveProbability& end_agrees(uint32_t bucket, uint32_t ended) {
    return end_learned_[bucket * 2 + ended];
  }

 private:
  static constexpr uint32_t kLongest = 65535, kVerified = 48;
  uint32_t shortest_;
  int shift_;
  ZeroMemory<uint32_t> index_;  // hash -> the position after those bytes; 0: none
  std::vector<AdaptiveProbability> learned_, end_learned_;
};

}  // namespace llmz::mix
