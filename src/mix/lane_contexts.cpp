// SPDX-License-Identifier: Apache-2.0
#include "mix/lane_contexts.h"

namespace llmz::mix {
namespace {

bool is_letter(uint8_t b) { return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b >= 0x80; }

bool is_in_word(uint8_t b) { return is_letter(b) || (b >= '0' && b <= '9'); }

uint8_t lower(uint8_t b) { return b >= 'A' && b <= 'Z' ? static_cast<uint8_t>(b + 32) : b; }

// The place in the line above that answers to the place after `b`: step by step inside a word, and
// behind the same separator where there is one near.
uint32_t follow_above(uint32_t above, uint8_t b, const History& history) {
  const uint8_t there = history.at(above);
  if (there == b) return above + 1;
  if (is_in_word(b)) return is_in_word(there) ? above + 1 : above;
  for (uint32_t i = 0; i < 32; ++i) {
    const uint8_t ahead = history.at(above + i);
    if (ahead == b) return above + i + 1;
    if (ahead == '\n') break;
  }
  return above;
}

}  // namespace

void LaneContexts::append(uint8_t b, const History& history) {
  recent = recent << 8 | b;
  ++position;
  ++column;
  prefix_hash = hash2(prefix_hash + 1, b);
  ++prefix_bytes;
  if (is_letter(b)) {
    word = hash2(word + 1, lower(b));
  } else if (word != 0) {
    word_before_that = word_before;
    word_before = word;
    word = 0;
  }
  if (b == '\n') {
    above = line_start;
    line_start = position;
    column = field = line_hash = 0;
  } else {
    if (column <= 4) line_hash = hash2(line_hash, b);
    if (!is_in_word(b)) ++field;
    above = follow_above(above, b, history);
  }
}

}  // namespace llmz::mix
