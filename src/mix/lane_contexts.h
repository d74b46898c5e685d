// SPDX-License-Identifier: Apache-2.0
// What a lane knows of its own past: the last bytes, words, the line above, its place in the token.
#pragma once

#include <cstdint>

#include "mix/hash.h"
#include "mix/history.h"
#include "mix/match_model.h"

namespace llmz::mix {

struct LaneContexts {
  uint64_t recent = 0;    // the last eight bytes, the newest lowest
  uint32_t position = 1;  // where the next byte goes in the history
  uint32_t word = 0, word_before = 0, word_before_that = 0;  // hashes; word: of the letters so far
  uint32_t line_start = 1,
           above = 0;      // positions; above: the place of the next byte in the line above
  uint32_t line_hash = 0;  // of the first bytes of the line
  uint32_t column = 0, field = 0;
  uint32_t prefix_hash = 0, prefix_bytes = 0;  // of the token so far
  uint32_t token_before = 0, token_before_that = 0, third_token = 0;
  MatchModel::Follower short_match, long_match;

  uint8_t byte(int back) const { return static_cast<uint8_t>(recent >> (8 * back)); }
  void append(uint8_t b, const History& history);
  void end_token(uint32_t token) {
    third_token = token_before_that;
    token_before_that = token_before;
    token_before = token + 1;
    prefix_hash = prefix_bytes = 0;
  }
};

}  // namespace llmz::mix
