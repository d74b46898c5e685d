// SPDX-License-Identifier: Apache-2.0
#include "mix/text_state.h"

namespace llmz::mix {
namespace {

bool is_letter(uint8_t b) { return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b >= 0x80; }

uint8_t lower(uint8_t b) { return b >= 'A' && b <= 'Z' ? static_cast<uint8_t>(b + 32) : b; }

// Sixteen classes of bytes.
uint32_t class_of(uint8_t b) {
  if (is_digit(b)) return 1;
  if (b >= 'a' && b <= 'z') return 2;
  if (b >= 'A' && b <= 'Z') return 3;
  if (b >= 0x80) return 4;
  switch (b) {
    case ' ':
    case '\t':
      return 5;
    case '\n':
    case '\r':
      return 6;
    case '"':
    case '\'':
      return 7;
    case ',':
    case ';':
      return 8;
    case ':':
    case '=':
      return 9;
    case '(':
    case '[':
    case '{':
    case '<':
      return 10;
    case ')':
    case ']':
    case '}':
    case '>':
      return 11;
    case '.':
      return 12;
    case '-':
    case '_':
    case '/':
      return 13;
    default:
      return b < 32 ? 15 : 14;
  }
}

}  // namespace

bool is_token_byte(uint8_t b) { return is_letter(b) || is_digit(b) || b == '_'; }

void TextState::end_token() {
  masked_before = {token_has_digit ? 1 : token, masked_before[0], masked_before[1]};
  token_before = token;
  shape = hash2(shape, masked_before[0]);
  if (first_token == 0) first_token = masked_before[0];
  token = token_bytes = 0;
  token_has_digit = false;
}

void TextState::end_line() {
  shape_before = shape;
  column = line_hash = shape = first_token = field = cell = cell_hash = indent = 0;
  in_indent = true;
}

// Strings in quotes, keys before a colon or an equals sign, brackets and tags.
void TextState::follow_structure(uint8_t b) {
  const uint8_t before = byte(1);
  if (b == '"' && before != '\\') {
    in_string = !in_string;
    string_hash = 0;
  } else if (in_string) {
    string_hash = hash2(string_hash + 1, b);
  }
  switch (b) {
    case '{':
    case '[':
      around[depth % around.size()] = key;
      ++depth;
      value_hash = 0;
      break;
    case '}':
    case ']':
      if (depth > 0) {
        --depth;
        key = around[depth % around.size()];
      }
      value_hash = 0;
      break;
    case ':':
    case '=':
      if (!in_string) {
        key = token_before;
        value_hash = 0;
      }
      break;
    case ',':
    case '\n':
      if (!in_string || b == '\n') value_hash = 0;
      break;
    default:
      value_hash = hash2(value_hash + 1, b);
  }
  if (before == '<' && is_letter(b)) {
    // The name is not known yet: it is set when it ends.
    around[depth % around.size()] = 0;
    ++depth;
  } else if ((before == '<' && b == '/') || (before == '/' && b == '>')) {
    if (depth > 0) --depth;
  }
}

void TextState::append(uint8_t b) {
  recent = recent << 8 | b;
  ++position;
  ++column;
  classes = classes << 4 | class_of(b);
  line_hash = hash2(line_hash + 1, b);
  if (is_letter(b)) {
    word = hash2(word + 1, lower(b));
  } else if (word != 0) {
    words_before = {word, words_before[0]};
    word = 0;
  }
  if (is_digit(b)) {
    ++digits;
    number = hash2(number + 1, b);
  } else if (digits > 0) {
    digits = number = 0;
  }
  if (is_token_byte(b)) {
    token = hash2(token + 1, b);
    ++token_bytes;
    token_has_digit |= is_digit(b);
    at_token_start = false;
  } else {
    if (token_bytes > 0) {
      end_token();
      if (depth > 0 && around[(depth - 1) % around.size()] == 0)
        around[(depth - 1) % around.size()] = token_before;
    }
    shape = hash2(shape + 1, b);
    ++field;
    at_token_start = true;
  }
  in_indent &= b == ' ' || b == '\t';
  indent += in_indent;
  if (b == ',' || b == '\t' || b == ';') {
    ++cell;
    cell_hash = 0;
  } else {
    cell_hash = hash2(cell_hash + 1, b);
  }
  follow_structure(b);
  if (b == '\n') end_line();
}

}  // namespace llmz::mix
