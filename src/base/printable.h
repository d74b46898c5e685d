// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace llmz {

// The length of the character of UTF-8 that begins at text[at]; 0 where none does.
inline size_t character_bytes(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xf0 && first < 0xf5   ? 4
                      : first >= 0xe0 && first < 0xf0 ? 3
                      : first >= 0xc2 && first < 0xe0 ? 2
                                                      : 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool is_none = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return is_none ? 0 : size;
}

inline bool is_utf8(const std::string& text) {
  for (size_t at = 0, size; at < text.size(); at += size) {
    size = character_bytes(text, at);
    if (size == 0) return false;
  }
  return true;
}

// What may go to a terminal: a name may hold what moves the cursor or begins a line that is not
// ours. Control characters become '?', those of ISO 8859 and of UTF-8 (U+0080 to U+009F) too.
// A line break stays where blanks follow, as llmz's own messages have it.
inline std::string printable(const std::string& text, bool keep_indented_lines = false) {
  std::string shown;
  for (size_t at = 0, size; at < text.size(); at += size) {
    size = character_bytes(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    const auto last = static_cast<unsigned char>(text[at + (size > 1 ? size - 1 : 0)]);
    const bool indents = at + 1 < text.size() && (text[at + 1] == ' ' || text[at + 1] == '\t');
    const bool kept_break = keep_indented_lines && first == '\n' && indents;
    const bool control = (size == 1 && (first < ' ' || first == 127)) ||
                         (size == 0 && first < 0xa0) || (size == 2 && first == 0xc2 && last < 0xa0);
    if (size == 0) size = 1;
    shown += control && !kept_break ? "?" : text.substr(at, size);
  }
  return shown;
}

}  // namespace llmz
