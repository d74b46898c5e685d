// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cctype>
#include <cstdint>
#include <map>

#include "cli/option_rows.h"
#include "cli/option_values.h"

namespace llmz {
namespace {

std::optional<Command> command_of_word(const std::string& word) {
  static const std::map<std::string, Command> kWords = {{"compress", Command::kCompress},
                                                        {"c", Command::kCompress},
                                                        {"decompress", Command::kDecompress},
                                                        {"d", Command::kDecompress},
                                                        {"test", Command::kTest},
                                                        {"t", Command::kTest},
                                                        {"info", Command::kInfo},
                                                        {"estimate", Command::kEstimate},
                                                        {"compare", Command::kCompare},
                                                        {"import", Command::kImport},
                                                        {"models", Command::kModels},
                                                        {"rank", Command::kRank},
                                                        {"generate", Command::kGenerate},
                                                        {"help", Command::kHelp}};
  const auto found = kWords.find(word);
  if (found == kWords.end()) return std::nullopt;
  return found->second;
}

boost::program_options::parsed_options parse(const std::vector<std::string>& args) {
  namespace po = boost::program_options;
  po::options_description description;
  for (const OptionRow& row : option_rows()) {
    if (row.name == nullptr) continue;
    const std::string names = row.letter ? std::string(row.name) + "," + row.letter : row.name;
    if (row.argument) {
      description.add_options()(names.c_str(), po::value<std::string>(), "");
    } else {
      description.add_options()(names.c_str(), "");
    }
  }
  for (char level = '0'; level <= '9'; ++level) {
    description.add_options()((std::string("level-") + level + "," + level).c_str(), "");
  }
  try {
    namespace style = po::command_line_style;
    return po::command_line_parser(args)
        .options(description)
        .style(style::unix_style & ~style::allow_guessing)
        .run();
  } catch (const po::error& e) {
    throw Error(ErrorKind::kUsage, e.what());
  }
}

// What cannot be done together.
void check_contradictions(const Options& options) {
  if (options.files.size() > 1 && (options.against || options.output.value_or("-") != "-")) {
    throw Error(ErrorKind::kUsage,
                "-o and --against take one input, found " + std::to_string(options.files.size()));
  }
  if (options.files.size() > 1 && options.command == Command::kGenerate) {
    throw Error(ErrorKind::kUsage, "generate continues one text, found " +
                                       std::to_string(options.files.size()) + " files");
  }
  if (options.command == Command::kEstimate && !options.compress.network &&
      options.estimate_of == EstimateOf::kLearningNetwork) {
    throw Error(ErrorKind::kUsage, "-1 is without the network, which --adaptive measures");
  }
  if (!options.compress.network && !options.compress.mix) {
    throw Error(ErrorKind::kUsage,
                "-1 is without the network and --no-mix without the mix: choose one");
  }
  if (options.salvage && options.remove_input)
    throw Error(ErrorKind::kUsage, "--rm would remove what --salvage could not decode");
  if (options.recursive && options.output.value_or("-") != "-")
    throw Error(ErrorKind::kUsage, "-o names one file, and -r takes folders: choose one");
  if (options.json && options.csv) {
    throw Error(ErrorKind::kUsage, "--json and --csv would both go to standard output: choose one");
  }
}

// What the measuring commands want together, or not.
void check_measuring(const Options& options) {
  const MeasureOptions& measure = options.measure;
  if (options.command == Command::kRank && !options.scores && !measure.protocol && !measure.tasks) {
    throw Error(ErrorKind::kUsage,
                "rank takes a protocol for measuring models (--protocol NAME FILE), tasks (--tasks "
                "FILE), a table of scores (--scores FILE), or more than one of these");
  }
  if (options.command == Command::kRank && !measure.protocol &&
      (options.chunk_bytes > 0 || measure.limit > 0 || measure.documents)) {
    throw Error(ErrorKind::kUsage, "--chunk, --limit and --documents belong to a --protocol");
  }
  if (options.command == Command::kEstimate && options.chunk_bytes > 0 && measure.documents) {
    throw Error(ErrorKind::kUsage, "--chunk and --documents cut the text in two ways: choose one");
  }
  if (options.command == Command::kGenerate && measure.prompt && !options.files.empty()) {
    throw Error(ErrorKind::kUsage, "generate continues --prompt or a file, not both");
  }
}

}  // namespace

const char* command_name(Command command) {
  static const char* const kNames[] = {"compress", "decompress", "test",   "info",
                                       "estimate", "compare",    "import", "rank",
                                       "generate", "models",     "help",   "version"};
  return kNames[static_cast<int>(command)];
}

Options parse_options(const std::vector<std::string>& args) {
  Options options;
  std::vector<const OptionRow*> used;
  bool command_given = false;
  for (const auto& item : parse(args).options) {
    const std::string& key = item.string_key;
    if (item.position_key >= 0) {
      options.files.insert(options.files.end(), item.value.begin(), item.value.end());
      continue;
    }
    if (key.compare(0, 6, "level-") == 0) {
      set_level(options.compress, key[6]);
      continue;
    }
    for (const OptionRow& row : option_rows()) {
      if (row.name == nullptr || key != row.name) continue;
      const Command before = options.command;
      row.apply(options, item.value.empty() ? "" : item.value[0]);
      command_given |= options.command != before || key == "compress";
      used.push_back(&row);
    }
  }
  // What stands behind -- is a file, whatever its name.
  const auto files_only = std::find(args.begin(), args.end(), "--");
  const bool may_be_word =
      !options.files.empty() && std::find(args.begin(), files_only, options.files[0]) != files_only;
  const auto word = may_be_word ? command_of_word(options.files[0]) : std::nullopt;
  if (word && (!command_given || args[0] == options.files[0])) {
    if (command_given && options.command < Command::kHelp && options.command != *word) {
      throw Error(ErrorKind::kUsage, options.files[0] + " and an option for " +
                                         command_name(options.command) +
                                         " contradict each other: choose one");
    }
    if (options.command < Command::kHelp) options.command = *word;
    options.command_word = options.files[0];
    options.files.erase(options.files.begin());
  }
  for (const OptionRow* row : used) {
    if (row->commands & bit(options.command)) continue;
    throw Error(ErrorKind::kUsage, std::string("--") + row->name + " does not belong to " +
                                       command_name(options.command));
  }
  const bool reads_files = options.command == Command::kRank
                               ? options.measure.protocol.has_value()
                               : options.command <= Command::kCompare && !options.self;
  const bool takes_files =
      reads_files || options.command == Command::kGenerate || options.command == Command::kImport;
  if (options.command == Command::kRank && !reads_files && !options.scores &&
      !options.measure.tasks && !options.files.empty()) {
    throw Error(ErrorKind::kUsage,
                "rank measures models on a file by a protocol: --protocol "
                "text8, chunks or bpc is missing");
  }
  if (!takes_files && !options.files.empty() && options.command < Command::kHelp) {
    throw Error(ErrorKind::kUsage, std::string(command_name(options.command)) +
                                       (options.self ? " --self" : "") + " takes no files, found " +
                                       options.files[0]);
  }
  if (reads_files && options.files.empty()) {
    if (isatty(STDIN_FILENO) && !options.force) {
      throw Error(ErrorKind::kUsage, "no file is given, and standard input is a terminal");
    }
    options.files.push_back("-");
  }
  if (options.command == Command::kImport && options.files.size() != 1) {
    throw Error(
        ErrorKind::kUsage,
        "import takes one folder with config.json, model.safetensors and a tokenizer, found " +
            std::to_string(options.files.size()));
  }
  check_contradictions(options);
  check_measuring(options);
  if (options.command == Command::kEstimate && !options.compress.network)
    options.estimate_of = EstimateOf::kFile;
  return options;
}

std::string help_text() {
  std::string text =
      "Usage: llmz [COMMAND] [OPTION]... [FILE]...\n"
      "Lossless compression with a language model. Without FILE, or with -, from standard input\n"
      "to standard output. FILE becomes FILE.llmz, and the other way round.\n\n"
      "Commands (compress if there is none):\n"
      "  compress, c             compress\n"
      "  decompress, d           decompress\n"
      "  test, t                 decode and check, write nothing\n"
      "  info                    what llmz files say about themselves; -l as a table\n"
      "  estimate                what texts would cost, without coding them\n"
      "  compare                 llmz beside gzip, bzip2, LZMA2, zstd and brotli\n"
      "  rank                    which models compress better, and do they score better?\n"
      "  generate                continue a text with a model\n"
      "  import                  make a model from a Hugging Face directory\n"
      "  models                  the installed models\n"
      "  train                   make a model from texts; train --help tells more\n"
      "  help                    this text\n";
  for (const OptionRow& row : option_rows()) {
    if (row.name == nullptr) {
      text += std::string("\n") + row.help + "\n";
      continue;
    }
    std::string names = row.letter ? std::string("  -") + row.letter + ", --" : "      --";
    names += row.name + std::string(row.argument ? " " : "") + (row.argument ? row.argument : "");
    names.resize(std::max<size_t>(names.size() + 1, 26), ' ');
    for (const char* c = row.help; *c; ++c) {
      names += *c;
      if (*c == '\n') names += std::string(26, ' ');
    }
    text += names + "\n";
  }
  return text +
         "\nLevels:\n"
         "  -1                      without the network: several times faster, any data, no model\n"
         "  -2 to -8                the default\n"
         "  -9                      one lane and 256 MB: one or two per cent smaller, several "
         "times "
         "slower\n"
         "\nExit status: 0 all well, 1 an error, 2 a warning. A file named like a command: "
         "./test.\n";
}

Models models_of(const Options& options) {
  const std::string& model = options.compress.model;
  std::vector<std::string> places = Models::installed().folders();
  struct stat status = {};
  if (options.model_given && stat(model.c_str(), &status) == 0 && S_ISREG(status.st_mode))
    places.push_back(model);
  const size_t slash = model.rfind('/');
  if (slash != std::string::npos) places.push_back(model.substr(0, slash + 1));
  return Models(places);
}

}  // namespace llmz
