// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. Units are powers of 1000, as in the tables of compressors.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace llmz {

// printf with one number.
template <class Number>
std::string format_number(const char* format, Number value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// "999 B", "12.3 KB", "4.5 GB"
inline std::string size_text(double bytes) {
  const char* const units[] = {"B", "KB", "MB", "GB", "TB"};
  int unit = 0;
  for (; bytes >= 999.5 && unit < 4; ++unit) bytes /= 1000;
  return format_number(unit > 0 && bytes < 99.95 ? "%.1f " : "%.0f ", bytes) + units[unit];
}

// "0.3 s", "42 s", "3 min 20 s", "2 h 05 min"
inline std::string time_text(double seconds) {
  if (seconds < 9.95) return format_number("%.1f s", seconds);
  const auto whole = static_cast<unsigned long long>(seconds + 0.5);
  if (whole < 60) return format_number("%llu s", whole);
  const bool hours = whole >= 3600;
  return format_number(hours ? "%llu h " : "%llu min ", whole / (hours ? 3600 : 60)) +
         format_number(hours ? "%02llu min" : "%02llu s", hours ? whole / 60 % 60 : whole % 60);
}

// "152089 bytes, compressed 34000: 22.36 %, 1.788 bits per byte"
inline std::string ratio_text(uint64_t content_bytes, uint64_t compressed_bytes) {
  const std::string sizes =
      std::to_string(content_bytes) + " bytes, compressed " + std::to_string(compressed_bytes);
  if (content_bytes == 0) return sizes;
  const double ratio = static_cast<double>(compressed_bytes) / static_cast<double>(content_bytes);
  return sizes + format_number(": %.2f %%", 100 * ratio) +
         format_number(", %.3f bits per byte", 8 * ratio);
}

}  // namespace llmz
