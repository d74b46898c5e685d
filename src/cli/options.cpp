// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <getopt.h>
#include <sys/stat.h>

#include <algorithm>

#include "cli/command_words.h"
#include "cli/files.h"
#include "cli/option_rows.h"
#include "cli/option_rules.h"
#include "cli/option_values.h"

namespace llmz {
namespace {

constexpr int kPositional = 1;    // as getopt_long() says where "-" begins the letters
constexpr int kFirstLong = 1000;  // the value of a long option is this and its row

// An option with its value, a level, or a file.
struct Word {
  const OptionRow* row = nullptr;
  char level = 0;
  std::string value;
};

struct Words {
  std::vector<Word> words;              // before --
  std::vector<std::string> only_files;  // behind it
};

// The tables that getopt_long() reads.
struct Syntax {
  std::string letters = "-:0123456789";
  std::vector<option> names;
  Syntax() {
    const std::vector<OptionRow>& rows = option_rows();
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].name == nullptr) continue;
      names.push_back({rows[i].name, rows[i].argument ? required_argument : no_argument, nullptr,
                       kFirstLong + static_cast<int>(i)});
      if (rows[i].letter) letters += std::string(1, rows[i].letter) + (rows[i].argument ? ":" : "");
    }
    names.push_back({nullptr, 0, nullptr, 0});
  }
};

const OptionRow* row_of(int value) {
  const std::vector<OptionRow>& rows = option_rows();
  if (value >= kFirstLong) return &rows[static_cast<size_t>(value - kFirstLong)];
  for (const OptionRow& row : rows) {
    if (row.letter && row.letter == value) return &row;
  }
  return nullptr;
}

// What getopt_long() says '?' to: optopt is 0 for a long name that it does not know.
[[noreturn]] void refuse_option(const std::string& argument) {
  if (const OptionRow* row = optopt == 0 ? nullptr : row_of(optopt))
    throw Error(ErrorKind::kUsage, std::string("--") + row->name + " takes no value");
  if (argument.compare(0, 2, "--") != 0)
    throw Error(ErrorKind::kUsage, std::string("unknown option -") + static_cast<char>(optopt));
  const std::string name = argument.substr(2, argument.find('=') - 2);
  std::string candidates;
  for (const OptionRow& row : option_rows()) {
    if (row.name && std::string(row.name).compare(0, name.size(), name) == 0)
      candidates += (candidates.empty() ? "--" : ", --") + std::string(row.name);
  }
  throw Error(ErrorKind::kUsage, candidates.empty() ? "unknown option --" + name
                                                    : "--" + name + " could be " + candidates);
}

void check_value(const OptionRow& row, const std::string& value) {
  if (row.argument && value.empty() && std::string(row.name) != "prompt")
    throw Error(ErrorKind::kUsage, std::string("the value of --") + row.name + " is empty");
}

Words split(const std::string& program, const std::vector<std::string>& args) {
  static const Syntax syntax;
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  const int argc = static_cast<int>(argv.size()) - 1;
  Words found;
  int digit_in = 0;  // the argument that a digit came from just before
  optind = 0;
  opterr = 0;
  for (;;) {
    const int argument = std::max(optind, 1);  // stays for all letters of one
    const int value =
        getopt_long(argc, argv.data(), syntax.letters.c_str(), syntax.names.data(), nullptr);
    if (value == -1) break;
    const bool digit = value >= '0' && value <= '9';
    if (digit && digit_in == argument)
      throw Error(ErrorKind::kUsage, std::string("levels are -1 to -9, found ") + argv[argument]);
    digit_in = digit ? argument : 0;
    if (digit) {
      found.words.push_back({nullptr, static_cast<char>(value), ""});
    } else if (value == kPositional) {
      found.words.push_back({nullptr, 0, optarg});
    } else if (value == ':') {
      const OptionRow* row = row_of(optopt);
      throw Error(ErrorKind::kUsage,
                  std::string("--") + row->name + " needs a value: " + row->argument);
    } else if (value == '?') {
      refuse_option(argv[argument]);
    } else {
      found.words.push_back({row_of(value), 0, optarg ? optarg : ""});
      check_value(*found.words.back().row, found.words.back().value);
    }
  }
  for (int i = optind; i < argc; ++i) found.only_files.push_back(argv[i]);
  return found;
}

void apply(const Words& given, Options& options) {
  for (const Word& word : given.words) {
    if (word.row) {
      word.row->apply(options, word.value);
    } else if (word.level) {
      options.level = word.level;
    } else {
      options.files.push_back(word.value);
    }
  }
}

std::string name_of_file(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Only `command` has it: compress, which is what there would be without a command, does not.
bool belongs_to(const OptionRow& row, Command command) {
  return (row.commands & bit(command)) && !(row.commands & bit(Command::kCompress));
}

// Whether the first of the files, which stood before any --, is a command.
void take_command_word(Options& options, const Words& given, const std::string& first_argument) {
  if (options.files.empty()) return;
  const std::string word = options.files[0];
  const CommandWord* known = find_command_word(word);
  if (!known) return;
  const bool prints = options.command == Command::kHelp || options.command == Command::kVersion;
  if (options.command_given && !prints) {
    if (first_argument != word || names_a_file(word)) return;
    if (options.command != known->command) {
      throw Error(ErrorKind::kUsage, word + " and an option for " + command_name(options.command) +
                                         " contradict each other: choose one");
    }
  }
  if (!options.command_given && names_a_file(word)) {
    const auto only_there = [&](const Word& one) {
      return one.row && belongs_to(*one.row, known->command);
    };
    if (std::none_of(given.words.begin(), given.words.end(), only_there)) refuse_ambiguous(word);
  }
  if (prints) {
    options.topic = known->command;
  } else {
    options.command = known->command;
  }
  options.files.erase(options.files.begin());
}

void take_topic(Options& options) {
  if (options.command != Command::kHelp || options.files.empty()) return;
  const CommandWord* known = find_command_word(options.files[0]);
  if (!known || options.files.size() > 1)
    throw Error(ErrorKind::kUsage, "help takes one command, found " + options.files.back());
  options.topic = known->command;
  options.files.clear();
}

void check_rows(const Options& options, const Words& given) {
  for (const Word& word : given.words) {
    if (!word.row || word.row->commands & bit(options.command)) continue;
    throw Error(ErrorKind::kUsage, std::string("--") + word.row->name + " does not belong to " +
                                       command_name(options.command));
  }
}

// Where `llmz models --export` puts models: beside what needs them.
void append_folders_of_files(const std::vector<std::string>& files,
                             std::vector<std::string>& places) {
  std::string last;
  for (const std::string& file : files) {
    const size_t slash = file.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
    if (file != "-" && folder != last) places.push_back(folder);
    last = folder;
  }
}

}  // namespace

const char* command_name(Command command) {
  const CommandWord* known = find_command_word(command);
  return known ? known->word : "version";
}

Options parse_options(const std::string& program, const std::vector<std::string>& args) {
  Options options;
  options.suffix = kSuffix;
  const std::string called = name_of_file(program);
  const bool is_cat = called == "llmzcat";
  if (is_cat || called == "unllmz") {
    options.command = Command::kDecompress;
    options.command_given = true;
  }
  if (is_cat) options.output = "-";
  const Words given = split(program, args);
  // The last level counts, and options that say more win over it, wherever it stands.
  Options levels;
  apply(given, levels);
  if (levels.level) set_level(options.compress, levels.level);
  apply(given, options);
  take_command_word(options, given, args.empty() ? "" : args[0]);
  options.files.insert(options.files.end(), given.only_files.begin(), given.only_files.end());
  take_topic(options);
  if (options.command == Command::kHelp || options.command == Command::kVersion) return options;
  check_rows(options, given);
  check_files(options);
  check_contradictions(options);
  // A part is looked at: it does not take the name of the whole.
  if (options.range && !options.output) options.output = "-";
  options.pass_through = options.command == Command::kDecompress &&
                         options.output.value_or("") == "-" && (options.force || is_cat) &&
                         !options.salvage && !options.range;
  if (options.command == Command::kEstimate && !options.compress.network)
    options.estimate_of = EstimateOf::kFile;
  return options;
}

void load_reference(Options& options) {
  if (!options.reference) return;
  const std::string& path = *options.reference;
  try {
    InputFile file(path, Pipes::kMeant);
    Bytes content(Reference::kMaxBytes + 1);
    content.resize(read_fully(file, content.data(), content.size()));
    if (content.size() > Reference::kMaxBytes)
      throw Error(ErrorKind::kUsage, "is larger than 16 MB, the most that a reference may have");
    if (content.empty()) throw Error(ErrorKind::kUsage, "is empty, and so no reference");
    options.compress.reference.emplace(content);
  } catch (const Error& e) {
    throw Error(e.kind(), "-D " + path + ": " + e.what());
  }
}

DecompressSettings decompress_settings(const Options& options) {
  DecompressSettings settings = options.compress.engine;
  settings.reference = options.compress.reference;
  settings.max_memory_bytes = options.compress.max_memory_bytes;
  return settings;
}

Models models_of(const Options& options) {
  const std::string& model = options.compress.model;
  std::vector<std::string> places = Models::installed().folders();
  struct stat status = {};
  if (options.model_given && stat(model.c_str(), &status) == 0 && S_ISREG(status.st_mode))
    places.push_back(model);
  const size_t slash = model.rfind('/');
  if (slash != std::string::npos) places.push_back(model.substr(0, slash + 1));
  if (options.command == Command::kDecompress || options.command == Command::kTest ||
      options.command == Command::kInfo)
    append_folders_of_files(options.files, places);
  return Models(places);
}

}  // namespace llmz
