// SPDX-License-Identifier: Apache-2.0
// What the second rich mix knows of the text beside TextState: what stands between tokens, kinds of
// bytes, and what has followed the same token or the same byte.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mix/text_state.h"

namespace llmz::mix {

struct TextPatterns {
  uint32_t gap = 0, gap_before = 0;  // hashes of the bytes between tokens: here, before the token
  uint64_t kinds = 0;                // of the last eight bytes, the newest lowest
  uint64_t runs = 0;                 // the same, in which letters and digits in a row count once
  std::array<uint64_t, 2> masked{};  // the last sixteen bytes with numbers as one 0, newest first
  uint32_t line_before = 0, length_before = 0;  // hash and bytes of the line before
  uint8_t opened = 0;                           // the last quote or bracket, until one closes

  // The last two bytes that followed the token, or the gap, so far.
  uint32_t followed_token() const { return after_token_[at_]; }
  // The last three bytes that followed the last byte.
  uint32_t followed_byte(const TextState& text) const { return after_byte_[text.byte(0)]; }

  // Around TextState::append(b), which is called between the two.
  void before_append(const TextState& text, uint8_t b);
  void after_append(const TextState& text, uint8_t b);

 private:
  std::vector<uint16_t> after_token_ = std::vector<uint16_t>(1 << 16);
  std::array<uint32_t, 256> after_byte_{};
  uint32_t at_ = 0;
};

}  // namespace llmz::mix
