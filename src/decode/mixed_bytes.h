// SPDX-License-Identifier: Apache-2.0
// The two mixes of bytes as one sort of thing: a byte is begun, eight bits are predicted and
// learned, the high one first, and it is ended.
#pragma once

#include "base/bytes.h"
#include "mix/mixing_model.h"
#include "mix/rich_model.h"

namespace llmz {

constexpr uint64_t kMixedBytesPerReport = 4096;

struct LeanBytes {
  LeanBytes(mix::MixingModel& m, uint64_t size_bytes) : mix(m) {
    mix.begin_lanes(0, 1, static_cast<uint32_t>(size_bytes));
  }
  void begin() { mix.begin_byte(0); }
  uint32_t predict() { return mix.predict(mix::kProbabilityOne / 2); }
  void learn(uint32_t bit) { mix.learn(bit); }
  void end(uint8_t byte) { mix.end_byte(byte); }
  mix::MixingModel& mix;
};

struct RichBytes {
  RichBytes(mix::RichModel& m, uint64_t) : mix(m) {}
  void begin() { mix.begin_byte(); }
  uint32_t predict() { return mix.predict(); }
  void learn(uint32_t bit) { mix.learn(bit); }
  void end(uint8_t byte) { mix.end_byte(byte); }
  mix::RichModel& mix;
};

// Codes one byte, with bit(probability, known bit): the bit that it is.
template <class Mixed, class Bit>
uint8_t mixed_byte(Mixed& mix, uint8_t known, Bit&& bit) {
  mix.begin();
  uint32_t byte = 0;
  for (int shift = 7; shift >= 0; --shift) {
    const uint32_t b = bit(mix.predict(), known >> shift & 1u);
    mix.learn(b);
    byte = byte << 1 | b;
  }
  mix.end(static_cast<uint8_t>(byte));
  return static_cast<uint8_t>(byte);
}

}  // namespace llmz
