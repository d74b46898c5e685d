// SPDX-License-Identifier: Apache-2.0
#include "mix/text_patterns.h"

#include "mix/hash.h"

namespace llmz::mix {
namespace {

// Letters and digits each as one, every other ASCII byte as itself.
uint8_t kind_of(uint8_t b) {
  if (is_digit(b)) return '0';
  if (b >= 'a' && b <= 'z') return 'a';
  if (b >= 'A' && b <= 'Z') return 'A';
  return b >= 0x80 ? 0x80 : b;
}

bool counts_once(uint8_t kind) { return kind == '0' || kind == 'a' || kind == 'A'; }

bool opens(uint8_t b) {
  return b == '(' || b == '[' || b == '{' || b == '<' || b == '"' || b == '\'';
}
bool closes(uint8_t b) { return b == ')' || b == ']' || b == '}' || b == '>'; }

}  // namespace

void TextPatterns::before_append(const TextState& text, uint8_t b) {
  after_token_[at_] = static_cast<uint16_t>(after_token_[at_] << 8 | b);
  uint32_t& followers = after_byte_[text.byte(0)];
  followers = (followers << 8 | b) & 0xffffff;
  if (is_token_byte(b)) {
    if (text.token_bytes == 0) {
      gap_before = gap;
      gap = 0;
    }
  } else {
    gap = hash2((text.token_bytes > 0 ? 0 : gap) + 1, b);
    if (opens(b)) opened = opened == b ? 0 : b;
    if (closes(b)) opened = 0;
  }
  if (b == '\n') {
    line_before = text.line_hash;
    length_before = text.column;
  }
}

void TextPatterns::after_append(const TextState& text, uint8_t b) {
  const uint8_t kind = kind_of(b);
  kinds = kinds << 8 | kind;
  if (kind != (runs & 0xff) || !counts_once(kind)) runs = runs << 8 | kind;
  const uint8_t byte = is_digit(b) ? '0' : b;
  if (byte != '0' || (masked[0] & 0xff) != '0')
    masked = {masked[0] << 8 | byte, masked[1] << 8 | masked[0] >> 56};
  const bool in_token = text.token_bytes > 0;
  at_ = hash2(in_token ? text.token : gap, in_token) & 0xffff;
}

}  // namespace llmz::mix
