// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace llmz {

// Decimal digits; nullopt for anything else, and for more than `max`.
inline std::optional<uint64_t> parse_number(const std::string& text, uint64_t max) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

// Bytes: "1048576", "1024K", "1M", "2g", "1T", below 2^60; K is 1024 everywhere in llmz.
inline std::optional<uint64_t> parse_size_text(const std::string& text) {
  constexpr uint64_t kMost = (uint64_t{1} << 60) - 1;
  const size_t unit = text.empty() ? std::string::npos : std::string("KkMmGgTt").find(text.back());
  if (unit == std::string::npos) return parse_number(text, kMost);
  const unsigned shift = 10 * (static_cast<unsigned>(unit) / 2 + 1);
  const auto number = parse_number(text.substr(0, text.size() - 1), kMost >> shift);
  return number ? std::optional<uint64_t>(*number << shift) : std::nullopt;
}

}  // namespace llmz
