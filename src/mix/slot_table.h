// SPDX-License-Identifier: Apache-2.0
// A bounded hash table from contexts to bit histories: each slot holds the 15 histories of half a
// byte's binary tree behind a check byte. Four slots share a cache line; a new context takes the
// one of the four whose first history has seen least.
//
// Source: the hash table of lpaq (M. Mahoney, 2007).
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace llmz::mix {

class SlotTable {
 public:
  static constexpr size_t kSlotBytes = 16, kWays = 4, kLineBytes = kSlotBytes * kWays;

  // 2^size_bits bytes, all zero; the system gives the memory when it is first touched.
  explicit SlotTable(int size_bits)
      : size_bytes_(size_t{1} << size_bits), line_mask_(size_bytes_ / kLineBytes - 1) {
    void* const memory =
        mmap(nullptr, size_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    lines_ = static_cast<uint8_t*>(memory);
    madvise(memory, size_bytes_, MADV_HUGEPAGE);
  }
  ~SlotTable() { munmap(lines_, size_bytes_); }
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  void prefetch(uint32_t hash) const { __builtin_prefetch(line(hash)); }

  // The 15 histories of a context (all 0 if it is new). The pointer is good until the next find().
  uint8_t* find(uint32_t hash) {
    const uint8_t check = static_cast<uint8_t>(hash >> 24);
    uint8_t* const first = line(hash);
    uint8_t* least = first;
    for (size_t way = 0; way < kWays; ++way) {
      uint8_t* const slot = first + way * kSlotBytes;
      if (slot[0] == check && slot[1] != 0) return slot + 1;
      if (slot[1] < least[1]) least = slot;
    }
    std::memset(least, 0, kSlotBytes);
    least[0] = check;
    return least + 1;
  }

 private:
  uint8_t* line(uint32_t hash) const { return lines_ + (hash & line_mask_) * kLineBytes; }

  size_t size_bytes_, line_mask_;
  uint8_t* lines_;
};

}  // namespace llmz::mix
