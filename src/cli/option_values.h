// SPDX-License-Identifier: Apache-2.0
// What follows an option, read. All throw Error{kUsage} that says what the option takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "cli/options.h"

namespace llmz {

[[noreturn]] void refuse(const std::string& option, const std::string& takes,
                         const std::string& found);

unsigned parse_count(const std::string& option, const std::string& text, unsigned max);
uint64_t parse_whole(const std::string& option, const std::string& text, uint64_t max);
// "1048576", "1024K", "1M", "2G"
uint64_t parse_size(const std::string& option, const std::string& text);
// "100M:1M": from which byte, how many; "100M:" to the end.
ContentRange parse_range(const std::string& option, const std::string& text);
// The exponent of a power of two.
unsigned parse_memory(const std::string& option, const std::string& text);
// "[AREA:]NAME"
std::pair<std::string, std::string> parse_without(const std::string& text);
uint32_t parse_width(const std::string& text);
std::string parse_plot(const std::string& text);
std::string parse_engine(const std::string& text);
DocumentsBy parse_documents(const std::string& text);
Protocol parse_protocol(const std::string& text);
std::string parse_float_type(const std::string& text);
double parse_temperature(const std::string& text);
std::string parse_suffix(const std::string& text);
// '1' to '9'.
void set_level(CompressSettings& settings, char level);

}  // namespace llmz
