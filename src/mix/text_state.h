// SPDX-License-Identifier: Apache-2.0
// What the rich mix knows of the text before the next byte: bytes, words, the line with its numbers
// masked, fields, keys and the brackets or tags around them.
//
// A *token* is a run of letters, digits, underscores and bytes from 128 on. The *shape* of a line
// is a hash of its finished tokens and what stands between them, where every token that holds a
// digit counts as the same.
#pragma once

#include <array>
#include <cstdint>

#include "mix/hash.h"

namespace llmz::mix {

struct TextState {
  uint64_t recent = 0;    // the last eight bytes, the newest lowest
  uint32_t position = 1;  // of the next byte in the history
  // Words: letters alone, in lower case.
  uint32_t word = 0;
  std::array<uint32_t, 2> words_before{};
  // Tokens. A masked token, one that holds a digit, is 1.
  uint32_t token = 0, token_bytes = 0;
  bool token_has_digit = false;
  uint32_t token_before = 0;
  std::array<uint32_t, 3> masked_before{};
  // The line.
  uint32_t column = 0, line_hash = 0, shape = 0, first_token = 0;
  uint32_t field = 0;      // separators so far
  uint32_t cell = 0;       // commas, tabs and semicolons so far
  uint32_t cell_hash = 0;  // of the bytes of the cell so far
  uint32_t indent = 0;     // blanks at the start of the line
  bool in_indent = true;
  uint32_t shape_before = 0;  // of the whole line before
  // Keys and what is around them.
  uint32_t key = 0, value_hash = 0, string_hash = 0;
  bool in_string = false;
  uint32_t depth = 0;
  std::array<uint32_t, 32> around{};  // the key at which each open bracket, or the tag that, stands
  // Numbers.
  uint32_t digits = 0;   // of the run of digits so far
  uint32_t number = 0;   // hash of it
  uint32_t classes = 0;  // of the last eight bytes, four bits each
  bool at_token_start = true;

  uint8_t byte(int back) const { return static_cast<uint8_t>(recent >> (8 * back)); }
  uint32_t low(int bytes) const {
    return static_cast<uint32_t>(recent) & (bytes >= 4 ? ~0u : (1u << 8 * bytes) - 1);
  }
  uint32_t high() const { return static_cast<uint32_t>(recent >> 32); }
  uint32_t parent() const { return depth == 0 ? 0 : around[(depth - 1) % around.size()]; }

  void append(uint8_t b);

 private:
  void end_token();
  void end_line();
  void follow_structure(uint8_t b);
};

bool is_token_byte(uint8_t b);
inline bool is_digit(uint8_t b) { return b >= '0' && b <= '9'; }

}  // namespace llmz::mix
