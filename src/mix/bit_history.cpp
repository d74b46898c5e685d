// SPDX-License-Identifier: Apache-2.0
#include "mix/bit_history.h"

#include <map>
#include <tuple>
#include <utility>

namespace llmz::mix {
namespace {

// Of a pair of counts: how many states have it. Two (the last bit is known) for short mixed
// histories, none for pairs outside the bound.
int states_of(int zeros, int ones) {
  constexpr int kBounds = 6;
  constexpr int kMost[kBounds] = {20, 48, 15, 8, 6, 5};  // of the larger count, by the smaller one
  if (zeros < ones) std::swap(zeros, ones);
  if (ones < 0 || ones >= kBounds || zeros > kMost[ones]) return 0;
  return ones > 0 && zeros + ones <= 17 ? 2 : 1;
}

// A bit makes the opposite count old.
int discounted(int count) {
  return (count >= 1) + (count >= 2) + (count >= 3) + (count >= 4) + (count >= 5) + (count >= 7) +
         (count >= 8);
}

void count_bit(int& zeros, int& ones, int bit) {
  if (zeros < ones) return count_bit(ones, zeros, 1 - bit);
  if (bit == 1) {
    ++ones;
    zeros = discounted(zeros);
  } else {
    ++zeros;
    ones = discounted(ones);
  }
  while (states_of(zeros, ones) == 0) {
    if (ones < 2) {
      --zeros;
    } else {
      zeros = (zeros * (ones - 1) + ones / 2) / ones;
      --ones;
    }
  }
}

}  // namespace

BitHistoryTables::BitHistoryTables() {
  constexpr int kMostSeen = 50;
  std::map<std::tuple<int, int, int>, int> number;  // of (zeros, ones, last bit)
  int count = 0;
  for (int seen = 0; seen < kMostSeen; ++seen) {
    for (int n1 = 0; n1 <= seen; ++n1) {
      const int n0 = seen - n1, states = states_of(n0, n1);
      if (states == 0) continue;
      for (int last = 0; last < states; ++last) number[{n0, n1, last}] = count + last;
      if (states == 1) number[{n0, n1, 1}] = count;
      count += states;
    }
  }
  next = {};
  probability.fill(32768);
  zeros.fill(0);
  ones.fill(0);
  one_sort.fill(true);
  for (const auto& [key, state] : number) {
    const auto [n0, n1, last] = key;
    for (int bit = 0; bit < 2; ++bit) {
      int z = n0, o = n1;
      count_bit(z, o, bit);
      next[static_cast<size_t>(state)][static_cast<size_t>(bit)] =
          static_cast<uint8_t>(number.at({z, o, bit}));
    }
    probability[static_cast<size_t>(state)] =
        static_cast<uint16_t>((n1 * 4 + 2) * 65535 / ((n0 + n1) * 4 + 4));
    zeros[static_cast<size_t>(state)] = static_cast<uint8_t>(n0);
    ones[static_cast<size_t>(state)] = static_cast<uint8_t>(n1);
    one_sort[static_cast<size_t>(state)] = n0 == 0 || n1 == 0;
  }
}

const BitHistoryTables kBitHistory;

}  // namespace llmz::mix
