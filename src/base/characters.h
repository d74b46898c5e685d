// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "llmz/stream.h"

namespace llmz {

// Bytes that begin a character of UTF-8; in other encodings, bytes.
inline uint64_t count_characters(ByteView text) {
  uint64_t n = 0;
  for (uint8_t byte : text) n += (byte & 0xc0) != 0x80;
  return n;
}

// Passes bytes on and counts the characters.
class CharacterCounter : public ByteSource {
 public:
  explicit CharacterCounter(ByteSource& in) : in_(in) {}
  size_t read(uint8_t* out, size_t count) override {
    const size_t got = in_.read(out, count);
    characters += count_characters(ByteView(out, got));
    return got;
  }
  uint64_t characters = 0;

 private:
  ByteSource& in_;
};

}  // namespace llmz
