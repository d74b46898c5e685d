// SPDX-License-Identifier: Apache-2.0
// How the bytes of a picture or of sound are samples (docs/sample-mix.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace llmz::mix {

struct SampleLayout {
  uint32_t bytes = 1;       // of a sample: 1 or 2
  bool big_endian = false;  // of two bytes
  bool is_signed = false;
  uint32_t channels = 1;  // 1 to 4 samples that belong to one place or moment
  uint32_t row = 0;       // samples of a row, with what fills it up; 0: no rows, sound

  static constexpr uint32_t kMaxChannels = 4, kFewestPlaces = 4, kMaxRow = 65535;
  int32_t top() const { return (1 << 8 * bytes) - 1; }
  bool valid() const {
    return (bytes == 2 || (bytes == 1 && !big_endian)) && channels >= 1 &&
           channels <= kMaxChannels && row <= kMaxRow &&
           (row == 0 || row >= kFewestPlaces * channels);
  }

  // Samples as numbers that are not negative, in the order of what they stand for.
  uint32_t value(const uint8_t* at) const {
    const uint32_t raw = bytes == 1 ? at[0] : uint32_t{at[big_endian]} | at[!big_endian] * 256u;
    return raw ^ flipped();
  }
  void store(uint32_t value, uint8_t* at) const {
    value ^= flipped();
    at[bytes == 2 && big_endian] = static_cast<uint8_t>(value);
    if (bytes == 2) at[!big_endian] = static_cast<uint8_t>(value >> 8);
  }

 private:
  uint32_t flipped() const { return is_signed ? 1u << (8 * bytes - 1) : 0; }
};

}  // namespace llmz::mix
