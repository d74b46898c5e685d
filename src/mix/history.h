// SPDX-License-Identifier: Apache-2.0
// What the block has said so far: a ring of bytes, with a bit after each byte where a token ended.
// Every lane writes into its own stretch of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/zero_memory.h"

namespace llmz::mix {

class History {
 public:
  explicit History(int size_bits)
      : mask_((size_t{1} << size_bits) - 1), bytes_(mask_ + 1), ends_((mask_ + 1) / 8) {}
  void share() {
    bytes_.share();
    ends_.share();
  }
  uint32_t size() const { return static_cast<uint32_t>(mask_ + 1); }
  // Positions count up without end; old bytes are overwritten.
  uint8_t at(uint32_t position) const { return bytes_[position & mask_]; }
  bool token_ended_after(uint32_t position) const {
    const size_t i = position & mask_;
    return ends_[i / 8] >> (i % 8) & 1;
  }
  void write(uint32_t position, uint8_t byte) {
    const size_t i = position & mask_;
    bytes_[i] = byte;
    ends_[i / 8] = static_cast<uint8_t>(ends_[i / 8] & ~(1u << (i % 8)));
  }
  void mark_token_end(uint32_t position) {
    const size_t i = position & mask_;
    ends_[i / 8] = static_cast<uint8_t>(ends_[i / 8] | 1u << (i % 8));
  }

 private:
  size_t mask_;
  ZeroMemory<uint8_t> bytes_, ends_;
};

}  // namespace llmz::mix
