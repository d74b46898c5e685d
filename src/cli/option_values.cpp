// SPDX-License-Identifier: Apache-2.0
#include "cli/option_values.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/size_text.h"

namespace llmz {

void refuse(const std::string& option, const std::string& takes, const std::string& found) {
  throw Error(ErrorKind::kUsage, option + " takes " + takes + ", not \"" + found + "\"");
}

unsigned parse_count(const std::string& option, const std::string& text, unsigned max) {
  const auto value = parse_number(text, max);
  if (!value) refuse(option, "a whole number from 0 to " + std::to_string(max), text);
  return static_cast<unsigned>(*value);
}

uint64_t parse_size(const std::string& option, const std::string& text) {
  const std::optional<uint64_t> size = parse_size_text(text);
  if (!size) refuse(option, "a number of bytes, with K, M, G or T (64K, 1M)", text);
  return *size;
}

ContentRange parse_range(const std::string& option, const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos)
    refuse(option, "FROM:COUNT, the first byte and how many, as 100M:1M", text);
  const std::string count = text.substr(colon + 1);
  return {parse_size(option, text.substr(0, colon)),
          count.empty() ? UINT64_MAX : parse_size(option, count)};
}

unsigned parse_memory(const std::string& option, const std::string& text) {
  const uint64_t size = parse_size(option, text);
  for (unsigned bits = 16; bits <= 28; ++bits) {
    if (size == uint64_t{1} << bits) return bits;
  }
  refuse(option, "a power of two from 64K to 256M", text);
}

std::pair<std::string, std::string> parse_without(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string name = colon == std::string::npos ? text : text.substr(colon + 1);
  if (name.empty()) refuse("--without", "[AREA:]NAME, as math:Qwen", text);
  return {colon == std::string::npos ? "" : text.substr(0, colon), name};
}

uint32_t parse_width(const std::string& text) {
  const auto width = parse_number(text, 1'000'000);  // libpng takes no more
  if (width.value_or(0) == 0) refuse("--images", "a number of pixels from 1 to 1000000", text);
  return static_cast<uint32_t>(*width);
}

std::string parse_plot(const std::string& text) {
  for (const std::string ending : {".svg", ".png"}) {
    if (text.size() > ending.size() &&
        text.compare(text.size() - ending.size(), ending.size(), ending) == 0)
      return text;
  }
  refuse("--plot", "a name that ends in .svg or .png", text);
}

std::string parse_suffix(const std::string& text) {
  if (text.find('/') != std::string::npos) refuse("--suffix", "the end of a name, as .lm", text);
  return text;
}

void set_level(CompressSettings& settings, char level) {
  if (level == '0') throw Error(ErrorKind::kUsage, "levels are -1 to -9, found -0");
  settings.set_level(level - '0');
}

std::string parse_engine(const std::string& text) {
  for (const char* known : {"auto", "cpu", "torch", "cuda"}) {
    if (text == known) return text;
  }
  refuse("--engine", "auto, cpu, torch or cuda", text);
}

DocumentsBy parse_documents(const std::string& text) {
  if (text == "file") return DocumentsBy::kFile;
  if (text == "line") return DocumentsBy::kLine;
  if (text == "blank-line") return DocumentsBy::kBlankLine;
  if (text == "nul") return DocumentsBy::kNul;
  refuse("--documents", "file, line, blank-line or nul", text);
}

Protocol parse_protocol(const std::string& text) {
  for (const Protocol protocol :
       {Protocol::kText8, Protocol::kChunks, Protocol::kBitsPerCharacter}) {
    if (text == protocol_name(protocol)) return protocol;
  }
  refuse("--protocol", "text8, chunks or bpc", text);
}

std::string parse_float_type(const std::string& text) {
  for (const char* known : {"float32", "bfloat16", "float16"}) {
    if (text == known) return text;
  }
  refuse("--type", "float32, bfloat16 or float16", text);
}

double parse_temperature(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0 || !(value >= 0) || value > 1000)
    refuse("--temperature", "a number from 0 to 1000", text);
  return value;
}

uint64_t parse_whole(const std::string& option, const std::string& text, uint64_t max) {
  const auto value = parse_number(text, max);
  if (!value) refuse(option, "a whole number from 0 to " + std::to_string(max), text);
  return *value;
}

}  // namespace llmz
