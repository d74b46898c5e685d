// SPDX-License-Identifier: Apache-2.0
// The one table of commands: the parser and --help read it.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"

namespace llmz {

struct CommandWord {
  Command command;
  const char* word;
  const char* arguments;    // of the usage line
  const char* summary;      // one line
  const char* description;  // of `llmz help WORD`; empty: the summary is enough
};

// Those that a user may write.
const std::vector<CommandWord>& command_words();
// nullptr for another word.
const CommandWord* find_command_word(const std::string& word);
const CommandWord* find_command_word(Command command);

// A command word that is also the name of a file here is refused: `llmz models` in a loop over all
// files must not pass over a file `models` and report success.
bool names_a_file(const std::string& word);
[[noreturn]] void refuse_ambiguous(const std::string& word);

}  // namespace llmz
