// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace llmz::mix {

// a * b / 2^62, as docs/mixing.md rounds it; both at most 2^62.
inline uint64_t multiply62(uint64_t a, uint64_t b) {
  const uint64_t a1 = a >> 31, a0 = a & 0x7fffffff, b1 = b >> 31, b0 = b & 0x7fffffff;
  return a1 * b1 + ((a1 * b0 + a0 * b1 + ((a0 * b0) >> 31)) >> 31);
}

}  // namespace llmz::mix
