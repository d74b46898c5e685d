// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cctype>
#include <cstdint>
#include <map>

namespace llmz {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& takes,
                         const std::string& found) {
  throw Error(ErrorKind::kUsage, option + " takes " + takes + ", not \"" + found + "\"");
}

// Decimal digits; nullopt for anything else, and for more than `max`.
std::optional<uint64_t> parse_number(const std::string& text, uint64_t max) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > max) return std::nullopt;
  }
  return value;
}

unsigned parse_count(const std::string& option, const std::string& text, unsigned max) {
  const auto value = parse_number(text, max);
  if (!value) refuse(option, "a whole number from 0 to " + std::to_string(max), text);
  return static_cast<unsigned>(*value);
}

// "1048576", "1024K", "1M", "2G"
uint64_t parse_size(const std::string& option, const std::string& text) {
  constexpr uint64_t kMaxNumber = uint64_t{1} << 33;  // fits with every suffix
  const std::string suffixes = "KMG";
  const size_t index =
      text.empty()
          ? std::string::npos
          : suffixes.find(static_cast<char>(std::toupper(static_cast<uint8_t>(text.back()))));
  const bool has_suffix = index != std::string::npos;
  const auto number = parse_number(has_suffix ? text.substr(0, text.size() - 1) : text, kMaxNumber);
  if (!number) refuse(option, "a number of bytes, with K, M or G (64K, 1M)", text);
  return *number << (has_suffix ? 10 * (index + 1) : 0);
}

// The exponent of a power of two.
unsigned parse_memory(const std::string& option, const std::string& text) {
  const uint64_t size = parse_size(option, text);
  for (unsigned bits = 16; bits <= 28; ++bits) {
    if (size == uint64_t{1} << bits) return bits;
  }
  refuse(option, "a power of two from 64K to 256M", text);
}

// The area may be missing.
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

// -1 to -9.
void set_level(CompressSettings& settings, char level) {
  if (level == '0') refuse("-0", "no place here: levels are -1 to -9", "-0");
  if (level == '1') settings.network = false;
  if (level == '9') {
    settings.lanes = 1;
    settings.memory_bits = 28;
  }
}

std::string parse_engine(const std::string& text) {
  for (const char* known : {"auto", "cpu", "torch", "cuda"}) {
    if (text == known) return text;
  }
  refuse("--engine", "auto, cpu, torch or cuda", text);
}

constexpr unsigned bit(Command command) { return 1u << static_cast<unsigned>(command); }
constexpr unsigned kAll = ~0u;
constexpr unsigned kCoding = bit(Command::kCompress) | bit(Command::kDecompress);
constexpr unsigned kWriting = kCoding | bit(Command::kImport);
constexpr unsigned kEncoding = bit(Command::kCompress) | bit(Command::kEstimate);
constexpr unsigned kComparing = kEncoding | bit(Command::kCompare);
constexpr unsigned kTables = bit(Command::kCompare) | bit(Command::kRank);

struct OptionRow {
  const char* name;
  char letter;           // 0: none
  const char* argument;  // nullptr: none
  unsigned commands;     // the bits of those that it belongs to
  const char* help;      // a line break continues in the second column
  void (*apply)(Options& options, const std::string& value);
};

// A row with only `help` set begins a group.
const OptionRow kRows[] = {
    {nullptr, 0, nullptr, 0, "What to do, as an option:", nullptr},
    {"compress", 'z', nullptr, kAll, "compress (without this option too)",
     [](Options& o, const std::string&) { o.command = Command::kCompress; }},
    {"decompress", 'd', nullptr, kAll, "decompress",
     [](Options& o, const std::string&) { o.command = Command::kDecompress; }},
    {"test", 't', nullptr, kAll, "decode and check, write nothing",
     [](Options& o, const std::string&) { o.command = Command::kTest; }},
    {"list", 'l', nullptr, kAll, "a table of sizes",
     [](Options& o, const std::string&) {
       o.command = Command::kInfo;
       o.list = true;
     }},
    {"help", 'h', nullptr, kAll, "this text",
     [](Options& o, const std::string&) { o.command = Command::kHelp; }},
    {"version", 'V', nullptr, kAll, "the version",
     [](Options& o, const std::string&) { o.command = Command::kVersion; }},

    {nullptr, 0, nullptr, 0, "Files:", nullptr},
    {"output", 'o', "FILE", kWriting, "write to FILE",
     [](Options& o, const std::string& value) { o.output = value; }},
    {"stdout", 'c', nullptr, kAll, "write to standard output",
     [](Options& o, const std::string&) { o.output = "-"; }},
    {"keep", 'k', nullptr, kAll, "keep the input (the default)",
     [](Options& o, const std::string&) { o.remove_input = false; }},
    {"rm", 0, nullptr, kCoding, "remove the input when its output is safe on the disk",
     [](Options& o, const std::string&) { o.remove_input = true; }},
    {"force", 'f', nullptr, kAll, "replace existing files; use a terminal or a device for data",
     [](Options& o, const std::string&) { o.force = true; }},

    {nullptr, 0, nullptr, 0, "Messages:", nullptr},
    {"quiet", 'q', nullptr, kAll, "no warnings, no progress",
     [](Options& o, const std::string&) { o.quiet = true; }},
    {"verbose", 'v', nullptr, kAll, "a line for each file, and the expected time",
     [](Options& o, const std::string&) { o.verbose = true; }},
    {"json", 0, nullptr, kAll, "results and errors as one JSON object on standard output",
     [](Options& o, const std::string&) { o.json = true; }},

    {nullptr, 0, nullptr, 0, "Compression:", nullptr},
    {"model", 'm', "MODEL", kAll, "name, fingerprint or file of a model (default: default)",
     [](Options& o, const std::string& value) {
       o.compress.model = value;
       o.model_given = true;
     }},
    {"lanes", 0, "N", kComparing, "texts in lockstep, 1 to 255: 1 compresses best and slowest (16)",
     [](Options& o, const std::string& value) {
       o.compress.lanes = parse_count("--lanes", value, 255);
     }},
    {"block-size", 0, "SIZE", kEncoding,
     "independent blocks of SIZE bytes, with K, M or G (default:\none block, which compresses "
     "best)",
     [](Options& o, const std::string& value) {
       o.compress.block_size_bytes = parse_size("--block-size", value);
     }},
    {"frozen", 0, nullptr, kComparing, "do not learn from the text: faster, and compresses worse",
     [](Options& o, const std::string&) { o.compress.learning = false; }},
    {"no-mix", 0, nullptr, kComparing,
     "the network's tables alone, whatever the bytes are: the\ncoder of the papers",
     [](Options& o, const std::string&) { o.compress.mix = false; }},
    {"memory", 0, "SIZE", kComparing,
     "of the mix, to compress and to decompress: 64K to 256M, a\npower of two (64M)",
     [](Options& o, const std::string& value) {
       o.compress.memory_bits = parse_memory("--memory", value);
     }},
    {"verify", 0, nullptr, bit(Command::kCompress),
     "decode the output and compare before it takes its name",
     [](Options& o, const std::string&) { o.verify = true; }},

    {nullptr, 0, nullptr, 0, "Machine:", nullptr},
    {"threads", 'T', "N", kAll, "threads (default, and 0: one for each processor)",
     [](Options& o, const std::string& value) {
       o.compress.engine.threads = parse_count("-T", value, 1024);
     }},
    {"engine", 0, "NAME", kAll, "auto, cpu, torch or cuda: the result is the same (auto)",
     [](Options& o, const std::string& value) { o.compress.engine.engine = parse_engine(value); }},

    {nullptr, 0, nullptr, 0, "Of test and estimate:", nullptr},
    {"against", 0, "FILE", bit(Command::kTest), "compare what is decoded with FILE",
     [](Options& o, const std::string& value) { o.against = value; }},
    {"self", 0, nullptr, bit(Command::kTest),
     "does this machine compute what the model's makers did?",
     [](Options& o, const std::string&) { o.self = true; }},
    {"as-compressed", 0, nullptr, bit(Command::kEstimate),
     "do what compress does, and give the file's size",
     [](Options& o, const std::string&) { o.estimate_of = EstimateOf::kFile; }},
    {"adaptive", 0, nullptr, bit(Command::kEstimate),
     "of the network that learns from the text, without the mix",
     [](Options& o, const std::string&) { o.estimate_of = EstimateOf::kLearningNetwork; }},

    {nullptr, 0, nullptr, 0, "Of compare and rank:", nullptr},
    {"chunk", 0, "SIZE", bit(Command::kCompare),
     "chunks of SIZE bytes without history, headers counted once",
     [](Options& o, const std::string& value) { o.chunk_bytes = parse_size("--chunk", value); }},
    {"images", 0, "WIDTH", bit(Command::kCompare),
     "PNG too: bytes are gray pixels in rows of WIDTH",
     [](Options& o, const std::string& value) { o.image_width = parse_width(value); }},
    {"audio", 0, nullptr, bit(Command::kCompare), "FLAC too: bytes are 8-bit samples",
     [](Options& o, const std::string&) { o.audio = true; }},
    {"csv", 0, nullptr, kTables, "the table as comma-separated values",
     [](Options& o, const std::string&) { o.csv = true; }},
    {"plot", 0, "FILE", kTables, "draw FILE.svg or FILE.png, with gnuplot",
     [](Options& o, const std::string& value) { o.plot = parse_plot(value); }},
    {"scores", 0, "FILE", bit(Command::kRank),
     "models, their compression and their scores, as CSV;\n"
     "\"published\" is the table of Huang et al. 2024",
     [](Options& o, const std::string& value) { o.scores = value; }},
    {"without", 0, "[AREA:]NAME", bit(Command::kRank), "leave out the models with NAME in theirs",
     [](Options& o, const std::string& value) { o.without.push_back(parse_without(value)); }},

    {nullptr, 0, nullptr, 0, "Of import:", nullptr},
    {"tokenizer", 0, "FILE", bit(Command::kImport),
     "tokenizer.json or tokenizer.model instead of the folder's",
     [](Options& o, const std::string& value) { o.tokenizer = value; }},
    {"name", 0, "NAME", bit(Command::kImport), "the model's name (the folder's)",
     [](Options& o, const std::string& value) { o.model_name = value; }},
    {"context", 0, "N", bit(Command::kImport),
     "tokens that it looks back on at most (the model's own, at\nmost 2048)",
     [](Options& o, const std::string& value) {
       o.context = parse_count("--context", value, 1 << 20);
     }},
};

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
                                                        {"help", Command::kHelp}};
  const auto found = kWords.find(word);
  if (found == kWords.end()) return std::nullopt;
  return found->second;
}

boost::program_options::parsed_options parse(const std::vector<std::string>& args) {
  namespace po = boost::program_options;
  po::options_description description;
  for (const OptionRow& row : kRows) {
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

}  // namespace

const char* command_name(Command command) {
  static const char* const kNames[] = {"compress", "decompress", "test",   "info",
                                       "estimate", "compare",    "import", "models",
                                       "rank",     "help",       "version"};
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
    for (const OptionRow& row : kRows) {
      if (row.name == nullptr || key != row.name) continue;
      const Command before = options.command;
      row.apply(options, item.value.empty() ? "" : item.value[0]);
      command_given |= options.command != before || key == "compress";
      used.push_back(&row);
    }
  }
  const auto word = options.files.empty() ? std::nullopt : command_of_word(options.files[0]);
  if (word && (!command_given || args[0] == options.files[0])) {
    if (options.command < Command::kHelp) options.command = *word;
    options.files.erase(options.files.begin());
  }
  for (const OptionRow* row : used) {
    if (row->commands & bit(options.command)) continue;
    throw Error(ErrorKind::kUsage, std::string("--") + row->name + " does not belong to " +
                                       command_name(options.command));
  }
  const bool takes_files = options.command <= Command::kImport && !options.self;
  if (!takes_files && !options.files.empty() && options.command < Command::kHelp) {
    throw Error(ErrorKind::kUsage, std::string(command_name(options.command)) +
                                       (options.self ? " --self" : "") + " takes no files, found " +
                                       options.files[0]);
  }
  if (takes_files && options.files.empty()) {
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
  if (options.files.size() > 1 && (options.against || options.output.value_or("-") != "-")) {
    throw Error(ErrorKind::kUsage,
                "-o and --against take one input, found " + std::to_string(options.files.size()));
  }
  if (options.json && options.csv) {
    throw Error(ErrorKind::kUsage, "--json and --csv would both go to standard output: choose one");
  }
  if (options.command == Command::kRank && !options.scores) {
    throw Error(ErrorKind::kUsage, "rank takes a table of models: --scores FILE");
  }
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
      "  import                  make a model from a Hugging Face folder\n"
      "  models                  the installed models\n"
      "  rank                    do models that compress better score better?\n"
      "  train                   make a model from texts; train --help tells more\n"
      "  help                    this text\n";
  for (const OptionRow& row : kRows) {
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
         "  -9                      one lane and 256 MB: a few per cent smaller, several times "
         "slower\n"
         "\nExit status: 0 all well, 1 an error, 2 a warning. A file named like a command: "
         "./test.\n";
}

Models models_of(const Options& options) {
  const size_t slash = options.compress.model.rfind('/');
  if (slash == std::string::npos) return Models::installed();
  std::vector<std::string> folders = Models::installed().folders();
  folders.push_back(options.compress.model.substr(0, slash + 1));
  return Models(folders);
}

}  // namespace llmz
