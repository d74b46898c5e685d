// SPDX-License-Identifier: Apache-2.0
// What the rich mix knows of a text: docs/mixing.md, "Specification of the rich mix", "State of the
// text". Steps and names are the document's.
#pragma once

#include "mix_document_lane.h"

namespace llmz::mix_document {

inline bool is_token_byte(uint32_t b) { return is_letter(b) || is_digit(b) || b == '_'; }

// Step 2.
inline uint32_t class_of(uint32_t b) {
  const auto one_of = [b](const char* bytes) {
    return b != 0 && b < 128 && std::string(bytes).find(static_cast<char>(b)) != std::string::npos;
  };
  if (is_digit(b)) return 1;
  if (b >= 'a' && b <= 'z') return 2;
  if (b >= 'A' && b <= 'Z') return 3;
  if (b >= 128) return 4;
  const char* const kClasses[] = {" \t", "\n\r", "\"'", ",;", ":=", "([{<", ")]}>", ".", "-_/"};
  for (uint32_t i = 0; i < 9; ++i) {
    if (one_of(kClasses[i])) return 5 + i;
  }
  return b < 32 ? 15 : 14;
}

struct Text {
  explicit Text(int m) : ring(1u << (m - 2)) {}
  void add(uint8_t b) {
    const uint32_t q = low(1);
    add_byte(b);
    add_to_word(b);
    add_to_number(b);
    add_to_token(b);
    add_to_cell(b);
    add_to_structure(b, q);
    if (b == '\n') begin_line();
  }
  uint32_t low(uint32_t n) const { return n == 4 ? newest : newest & ((1u << 8 * n) - 1); }
  uint32_t parent() const { return depth == 0 ? 0 : stack[(depth - 1) % 32]; }

  Ring ring;
  uint32_t position = 1, newest = 0, high = 0, column = 0, classes = 0, line = 0;
  uint32_t word = 0, word1 = 0, word2 = 0, digits = 0, number = 0;
  uint32_t token = 0, token_bytes = 0, token1 = 0, masked1 = 0, masked2 = 0, masked3 = 0;
  bool has_digit = false, at_token_start = true;
  uint32_t shape = 0, shape_before = 0, first_token = 0, field = 0;
  bool in_indent = true, in_string = false;
  uint32_t indent = 0, cell = 0, cell_hash = 0, string = 0;
  uint32_t key = 0, value = 0, depth = 0;
  std::array<uint32_t, 32> stack{};

 private:
  // Step 1.
  void add_byte(uint8_t b) {
    ring.write(position, b);
    high = high << 8 | newest >> 24;
    newest = newest << 8 | b;
    ++position;
    ++column;
    classes = classes * 16 + class_of(b);
    line = hash(line + 1, b);
  }
  // Step 3.
  void add_to_word(uint32_t b) {
    if (is_letter(b)) {
      word = hash(word + 1, lower(b));
    } else if (word != 0) {
      word2 = word1;
      word1 = word;
      word = 0;
    }
  }
  // Step 4.
  void add_to_number(uint32_t b) {
    digits = is_digit(b) ? digits + 1 : 0;
    number = is_digit(b) ? hash(number + 1, b) : 0;
  }
  // Step 5.
  void add_to_token(uint32_t b) {
    if (is_token_byte(b)) {
      token = hash(token + 1, b);
      ++token_bytes;
      has_digit |= is_digit(b);
      at_token_start = false;
      return;
    }
    if (token_bytes > 0) end_token();
    shape = hash(shape + 1, b);
    ++field;
    at_token_start = true;
  }
  void end_token() {
    masked3 = masked2;
    masked2 = masked1;
    masked1 = has_digit ? 1 : token;
    token1 = token;
    shape = hash(shape, masked1);
    if (first_token == 0) first_token = masked1;
    token = token_bytes = 0;
    has_digit = false;
    if (depth > 0 && parent() == 0) stack[(depth - 1) % 32] = token1;
  }
  // Step 6.
  void add_to_cell(uint32_t b) {
    in_indent = in_indent && (b == ' ' || b == '\t');
    indent += in_indent;
    if (b == ',' || b == '\t' || b == ';') {
      ++cell;
      cell_hash = 0;
    } else {
      cell_hash = hash(cell_hash + 1, b);
    }
  }
  // Step 7.
  void push(uint32_t entry) { stack[depth++ % 32] = entry; }
  void add_to_structure(uint32_t b, uint32_t q) {
    if (b == '"' && q != '\\') {
      in_string = !in_string;
      string = 0;
    } else if (in_string) {
      string = hash(string + 1, b);
    }
    add_to_value(b);
    if (q == '<' && is_letter(b)) push(0);
    if (((q == '<' && b == '/') || (q == '/' && b == '>')) && depth > 0) --depth;
  }
  void add_to_value(uint32_t b) {
    if (b == '{' || b == '[') {
      push(key);
      value = 0;
    } else if (b == '}' || b == ']') {
      if (depth > 0) key = stack[--depth % 32];
      value = 0;
    } else if (b == ':' || b == '=') {
      if (in_string) return;
      key = token1;
      value = 0;
    } else if (b == ',') {
      if (!in_string) value = 0;
    } else if (b == '\n') {
      value = 0;
    } else {
      value = hash(value + 1, b);
    }
  }
  // Step 8.
  void begin_line() {
    shape_before = shape;
    column = line = shape = first_token = field = cell = cell_hash = indent = 0;
    in_indent = true;
  }
};

}  // namespace llmz::mix_document
