// SPDX-License-Identifier: Apache-2.0
// The hash of contexts.
#pragma once

#include <cstdint>

namespace llmz::mix {

inline uint32_t hash2(uint32_t a, uint32_t b) {
  uint32_t h = a * 0x2c1b3c6du + b * 0x9e3779b1u + 0x7f4a7c15u;
  h ^= h >> 15;
  h *= 0x85ebca6bu;
  return h ^ h >> 13;
}

}  // namespace llmz::mix
