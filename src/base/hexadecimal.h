// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace llmz {

// The lowest digits of a number: "0123456789abcdef".
inline std::string hexadecimal(uint64_t value, int digits) {
  std::string text(static_cast<size_t>(digits), '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, value >>= 4)
    *at = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace llmz
