// SPDX-License-Identifier: Apache-2.0
// What the second rich mix knows of a text beside the first: docs/mixing.md, "Specification of the
// second rich mix", "Patterns". Steps and names are the document's.
#pragma once

#include "mix_document_text.h"

namespace llmz::mix_document {

inline uint32_t kind(uint32_t b) {
  if (is_digit(b)) return '0';
  if (b >= 'a' && b <= 'z') return 'a';
  if (b >= 'A' && b <= 'Z') return 'A';
  return b < 128 ? b : 0x80;
}

// A number of as many words of 32 bits, the lowest first.
template <size_t kWords>
struct Wide {
  // The number times 256, + b.
  void append(uint32_t b) {
    for (size_t i = kWords - 1; i > 0; --i) words[i] = words[i] << 8 | words[i - 1] >> 24;
    words[0] = words[0] << 8 | b;
  }
  uint32_t newest() const { return words[0] & 255; }
  uint32_t operator[](size_t i) const { return words[i]; }

 private:
  std::array<uint32_t, kWords> words{};
};

struct Patterns {
  // Before the text has the byte.
  void add_before(uint32_t b, const Text& text) {
    const uint32_t q = text.low(1);
    after_token[place] = (after_token[place] * 256 + b) % (1 << 16);  // step 1
    after_byte[q] = (after_byte[q] * 256 + b) % (1 << 24);
    add_to_gap(b, text.token_bytes);
    if (b == '\n') {  // step 3
      line_before = text.line;
      length_before = text.column;
    }
  }
  // Behind its step 8.
  void add_behind(uint32_t b, const Text& text) {
    const uint32_t k = kind(b);  // step 4
    kinds.append(k);
    const bool may_run = k == '0' || k == 'a' || k == 'A';
    if (!may_run || k != runs.newest()) runs.append(k);
    const uint32_t c = is_digit(b) ? '0' : b;  // step 5
    if (c != '0' || c != masked.newest()) masked.append(c);
    place = (text.token_bytes > 0 ? hash(text.token, 1) : hash(gap, 0)) % (1 << 16);  // step 6
  }
  uint32_t followed() const { return after_token[place]; }
  uint32_t followed_byte(const Text& text) const { return after_byte[text.low(1)]; }

  std::vector<uint32_t> after_token = std::vector<uint32_t>(1 << 16);
  std::array<uint32_t, 256> after_byte{};
  uint32_t place = 0, gap = 0, gap_before = 0, opened = 0, line_before = 0, length_before = 0;
  Wide<2> kinds, runs;
  Wide<4> masked;

 private:
  // Step 2.
  void add_to_gap(uint32_t b, uint32_t token_bytes) {
    if (is_token_byte(b)) {
      if (token_bytes > 0) return;
      gap_before = gap;
      gap = 0;
      return;
    }
    gap = token_bytes > 0 ? hash(1, b) : hash(gap + 1, b);
    const auto one_of = [b](const std::string& bytes) {
      return b < 128 && bytes.find(static_cast<char>(b)) != std::string::npos;
    };
    if (one_of("([{<\"'")) opened = opened == b ? 0 : b;
    if (one_of(")]}>")) opened = 0;
  }
};

}  // namespace llmz::mix_document
