// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>
#include <sstream>

#include "cli/command_words.h"
#include "cli/option_rows.h"

namespace llmz {
namespace {

constexpr size_t kColumns = 80, kSecondColumn = 26;

// `head`, then the text from the second column on, broken between words.
std::string row_text(std::string head, const std::string& text, size_t column = kSecondColumn) {
  if (column > 0) head.resize(std::max(head.size() + 1, column), ' ');
  std::string all, line = std::move(head);
  bool begins = true;
  std::istringstream words(text);
  for (std::string word; words >> word; begins = false) {
    if (!begins && line.size() + 1 + word.size() > kColumns) {
      all += line + "\n";
      line = std::string(column, ' ');
      begins = true;
    }
    line += (begins ? "" : " ") + word;
  }
  return all + line + "\n";
}

std::string option_head(const OptionRow& row) {
  std::string head = row.letter ? std::string("  -") + row.letter + ", --" : "      --";
  head += row.name;
  return row.argument ? head + " " + row.argument : head;
}

// The rows that `shows` wants, under the headings of those groups that have any.
template <class Shows>
std::string options_text(Shows&& shows) {
  std::string text, heading;
  for (const OptionRow& row : option_rows()) {
    if (row.name == nullptr) {
      heading = std::string("\n") + row.help + "\n";
    } else if (shows(row)) {
      text += heading + row_text(option_head(row), row.help);
      heading.clear();
    }
  }
  return text;
}

std::string levels_text() {
  return "\nLevels, of which the last one counts; options like --lanes win over them:\n" +
         row_text("  -1", "without the model: several times faster, for any data") +
         row_text("  -2 to -7", "the default") +
         row_text("  -8", "a larger model: text 3 to 7 % smaller, 1.6 times the time") +
         row_text("  -9",
                  "the larger model, one lane and 256 MB: another 1 % smaller, slower again");
}

std::string general_text() {
  std::string text =
      "Usage: llmz [COMMAND] [OPTION]... [FILE]...\n"
      "Compresses FILE to FILE.llmz; with -d restores FILE from FILE.llmz. The input is\n"
      "kept. Without FILE, or with -, from standard input to standard output.\n\nCommands:\n";
  for (const CommandWord& row : command_words())
    text += row_text(std::string("  ") + row.word, row.summary);
  text += options_text([](const OptionRow& row) {
    return row.topics == 0 || (row.topics & (bit(Command::kCompress) | bit(Command::kDecompress)));
  });
  return text + levels_text() +
         "\nExit status: 0 success, 1 error, 2 warning. Write ./test for a file named like\n"
         "a command. `llmz help COMMAND` shows the options of a command, man llmz more.\n";
}

}  // namespace

std::string help_text(Command topic) {
  const CommandWord* word = find_command_word(topic);
  if (topic == Command::kHelp || !word) return general_text();
  const std::string description = *word->description ? word->description : word->summary;
  std::string text = std::string("Usage: llmz ") + word->word + " " + word->arguments + "\n" +
                     row_text("", description + (*word->description ? "" : "."), 0);
  text += options_text([&](const OptionRow& row) { return (row.topics & bit(topic)) != 0; });
  const bool has_levels =
      topic == Command::kCompress || topic == Command::kEstimate || topic == Command::kCompare;
  return text + (has_levels ? levels_text() : "");
}

}  // namespace llmz
