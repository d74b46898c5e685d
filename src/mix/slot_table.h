// SPDX-License-Identifier: Apache-2.0
// A bounded hash table from contexts to bit histories: each slot holds the 15 histories of half a
// byte's binary tree behind a check byte. Four slots share a cache line; a new context takes the
// one of the four whose first history has seen least.
//
// Source: the hash table of lpaq (M. Mahoney, 2007).
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/zero_memory.h"

namespace llmz::mix {

class SlotTable {
 public:
  static constexpr size_t kSlotBytes = 16, kWays = 4, kLineBytes = kSlotBytes * kWays;

  // 2^size_bits bytes.
  explicit SlotTable(int size_bits)
      : line_mask_((size_t{1} << size_bits) / kLineBytes - 1),
        memory_((line_mask_ + 1) * kLineBytes) {}

  void use_large_pages() { memory_.use_large_pages(); }
  void share() { memory_.share(); }
  void prefetch(uint32_t hash) const { __builtin_prefetch(line(hash)); }

  // The 15 histories of a context (all 0 if it is new). The pointer is good until the next find().
  uint8_t* find(uint32_t hash) {
    const uint8_t check = static_cast<uint8_t>(hash >> 24);
    uint8_t* const first = line(hash);
    // Without a branch for each way: which one it is cannot be predicted.
    uint32_t found = 0, least = ~0u;
    for (uint32_t way = 0; way < kWays; ++way) {
      const uint8_t* const slot = first + way * kSlotBytes;
      found |= static_cast<uint32_t>(slot[0] == check && slot[1] != 0) << way;
      least = std::min(least, slot[1] * uint32_t{kWays} + way);
    }
    if (found != 0) return first + static_cast<size_t>(__builtin_ctz(found)) * kSlotBytes + 1;
    uint8_t* const slot = first + least % kWays * kSlotBytes;
    std::memset(slot, 0, kSlotBytes);
    slot[0] = check;
    return slot + 1;
  }

 private:
  uint8_t* line(uint32_t hash) const { return memory_.data() + (hash & line_mask_) * kLineBytes; }

  size_t line_mask_;
  ZeroMemory<uint8_t> memory_;
};

}  // namespace llmz::mix
