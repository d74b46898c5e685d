// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/words.h"

#include <algorithm>

namespace llmz {
namespace {

enum class Class { kOther, kSpace, kLineEndOrTab };

Class class_of(uint8_t byte) {
  if (byte > ' ') return Class::kOther;
  if (byte == ' ') return Class::kSpace;
  return byte == '\t' || byte == '\n' || byte == '\r' ? Class::kLineEndOrTab : Class::kOther;
}

size_t skip(ByteView text, size_t from, Class wanted) {
  while (from < text.size && class_of(text[from]) == wanted) ++from;
  return from;
}

bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// The largest cut <= `length` that does not divide a UTF-8 character, if there is one nearby.
size_t cut_between_characters(ByteView text, size_t length) {
  for (size_t back = 0; back < 4 && back < length; ++back) {
    if (!is_continuation(text[length - back])) return length - back;
  }
  return length;
}

}  // namespace

size_t word_length(ByteView text, size_t max_bytes) {
  const ByteView limited = text.subview(0, std::min(text.size, max_bytes));
  if (limited.size == 0) return 0;
  size_t end = skip(limited, 0, Class::kLineEndOrTab);
  if (end == 0) end = skip(limited, skip(limited, 0, Class::kSpace), Class::kOther);
  return end == limited.size && end < text.size ? cut_between_characters(text, end) : end;
}

size_t utf8_length(ByteView text) {
  if (text.size == 0) return 0;
  const uint8_t first = text[0];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const uint8_t second = text[1];
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool beyond_unicode = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

size_t well_formed_length(ByteView text) {
  size_t end = 0;
  while (end < text.size) {
    const size_t length = utf8_length(text.subview(end, text.size - end));
    if (length == 0) break;
    end += length;
  }
  return end;
}

size_t cut_length(ByteView text, size_t max_bytes) {
  return text.size <= max_bytes ? text.size : cut_between_characters(text, max_bytes);
}

size_t plain_text_length(ByteView text) {
  size_t end = 0;
  while (end < text.size) {
    if (text[end] == 0) break;
    const size_t length = utf8_length(text.subview(end, text.size - end));
    if (length == 0) break;
    if (length == 3 && text.subview(end, 3).text() == "\xe2\x96\x81") break;
    end += length;
  }
  return end;
}

}  // namespace llmz
