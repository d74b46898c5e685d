// SPDX-License-Identifier: Apache-2.0
// Of each context the byte that came last, and how often in a row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/zero_memory.h"

namespace llmz::mix {

class RunTable {
 public:
  struct Run {
    uint16_t check = 0;
    uint8_t byte = 0, count = 0;  // count 0: nothing yet
    void add(uint8_t b) {
      count = byte == b ? static_cast<uint8_t>(count + (count < 255)) : uint8_t{1};
      byte = b;
    }
  };
  // 2^size_bits bytes.
  explicit RunTable(int size_bits)
      : mask_((uint32_t{1} << (size_bits - 2)) - 1), runs_(size_t{mask_} + 1) {}
  void use_large_pages() { runs_.use_large_pages(); }
  void share() { runs_.share(); }
  void prefetch(uint32_t hash) const { __builtin_prefetch(&runs_.data()[hash & mask_]); }
  // The run of a context; empty if it is new. Another context that stood there is forgotten.
  Run* find(uint32_t hash) {
    Run& run = runs_[hash & mask_];
    const auto check = static_cast<uint16_t>(hash >> 16);
    if (run.check != check) run = {check, 0, 0};
    return &run;
  }

 private:
  uint32_t mask_;
  ZeroMemory<Run> runs_;
};

}  // namespace llmz::mix
