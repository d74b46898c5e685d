// SPDX-License-Identifier: Apache-2.0
// Bit histories: what one byte remembers of the bits seen in a context: how many zeros and ones,
// bounded, and for short histories which came last.
//
// Source: the states of the ZPAQ specification (M. Mahoney, ZPAQ Open Standard Format, 2.03,
// section "ICM"), which the tables are generated from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace llmz::mix {

struct BitHistoryTables {
  BitHistoryTables();
  std::array<std::array<uint8_t, 2>, 256> next;  // [state][bit]
  std::array<uint16_t, 256> probability;         // of a one, from the counts alone
  std::array<uint8_t, 256> zeros, ones;
  std::array<bool, 256> one_sort;  // no zeros, or no ones
};
extern const BitHistoryTables kBitHistory;

// State 0 has seen nothing. States are in the order of the number of bits seen, so that a larger
// one is worth more.
inline uint8_t next_history(uint8_t state, uint32_t bit) { return kBitHistory.next[state][bit]; }

}  // namespace llmz::mix
