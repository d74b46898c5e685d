// SPDX-License-Identifier: Apache-2.0
// The one table of options: the parser, --help and the check of which option belongs to which
// command all read it.
#pragma once

#include <vector>

#include "cli/options.h"

namespace llmz {

constexpr unsigned bit(Command command) { return 1u << static_cast<unsigned>(command); }

// A row with only `help` set begins a group.
struct OptionRow {
  const char* name;
  char letter;           // 0: none
  const char* argument;  // nullptr: none
  unsigned commands;     // the bits of those that accept it
  unsigned topics;       // the bits of those whose help shows it
  const char* help;
  void (*apply)(Options& options, const std::string& value);
};

const std::vector<OptionRow>& option_rows();

}  // namespace llmz
