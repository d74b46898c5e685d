// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace llmz {

// Bytes that begin a character of UTF-8; in other encodings, bytes.
inline uint64_t count_characters(ByteView text) {
  uint64_t n = 0;
  for (uint8_t byte : text) n += (byte & 0xc0) != 0x80;
  return n;
}

}  // namespace llmz
