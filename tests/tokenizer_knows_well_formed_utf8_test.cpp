// SPDX-License-Identifier: Apache-2.0
// Is what the tokenizer takes for UTF-8 exactly what Unicode calls well-formed?
#include <catch2/catch.hpp>
#include <string>

#include "tests/tokenizer_sample.h"
#include "tokenizer/words.h"

using namespace llmz;
using namespace llmz::test;

TEST_CASE("of all pairs of bytes, those are characters that Unicode says") {
  // All strings of 2 bytes: 0xc2..0xdf followed by 0x80..0xbf are characters, ASCII is one byte
  // long, the rest is not UTF-8.
  for (uint32_t first = 0; first < 256; ++first) {
    for (uint32_t second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const bool pair = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
      const size_t expected = first < 0x80 ? 1 : pair ? 2 : 0;
      if (utf8_length(ByteView(text)) != expected) FAIL_CHECK(first << " " << second);
    }
  }
}

TEST_CASE(
    "well-formed UTF-8 is what encoding every code point gives, and nothing else of three or four "
    "bytes") {
  size_t three = 0, four = 0;
  for (uint32_t code_point = 0x800; code_point < 0x110000; ++code_point) {
    const std::string text = utf8(code_point);
    const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (utf8_length(ByteView(text)) != (surrogate ? 0 : text.size())) FAIL_CHECK(code_point);
  }
  for (uint32_t tail = 0; tail < 1u << 24; ++tail) {
    const uint8_t e[] = {static_cast<uint8_t>(0xe0 + (tail >> 16) % 16),
                         static_cast<uint8_t>(tail >> 8), static_cast<uint8_t>(tail)};
    if (tail >> 20 == 0) three += utf8_length(ByteView(e, 3)) == 3;
    const uint8_t f[] = {static_cast<uint8_t>(0xf0 + (tail >> 20)),
                         static_cast<uint8_t>(tail >> 12), static_cast<uint8_t>(tail >> 4),
                         static_cast<uint8_t>(0x80 | (tail & 15))};
    four += utf8_length(ByteView(f, 4)) == 4;
  }
  CHECK(three == 0x10000 - 0x800 - 0x800);
  CHECK(four == (0x110000 - 0x10000) / 4);  // the last byte takes 16 of its 64 values
}
