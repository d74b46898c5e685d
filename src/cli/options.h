// SPDX-License-Identifier: Apache-2.0
// What the command line says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "llmz/llmz.h"
#include "llmz_lab/documents.h"
#include "llmz_lab/generating.h"
#include "llmz_lab/protocols.h"

namespace llmz {

// In this order: those that need files or read standard input; those that may take files; those
// that take none; those that only print.
enum class Command {
  kCompress,
  kDecompress,
  kTest,
  kInfo,
  kEstimate,
  kCompare,
  kImport,
  kRank,
  kGenerate,
  kModels,
  kTrain,
  kHelp,
  kVersion
};

// "compress"
const char* command_name(Command command);

// Of the commands that measure with log probabilities alone.
struct MeasureOptions {
  std::vector<std::string> models;        // every -m
  std::optional<FloatSettings> as_float;  // --float, --type, --device
  std::optional<DocumentsBy> documents;
  size_t window_tokens = 0, stride_tokens = 0;  // 0: what suits the model
  bool positions = false;
  std::optional<Protocol> protocol;
  uint64_t limit = 0;  // texts or chunks; 0: the protocol's
  std::optional<std::string> tasks;
  bool use_cache = true;
  Sampling sampling;
  std::optional<std::string> prompt;
  uint64_t length_bytes = 1000;
};

struct ContentRange {
  uint64_t from = 0, count = 0;
};

struct Options {
  Command command = Command::kCompress;
  bool command_given = false;      // by an option or by the program's name
  Command topic = Command::kHelp;  // of help
  char level = 0;                  // the last of -1 to -9; 0 for none
  std::vector<std::string> files;  // "-" is standard input; never empty where a command needs files
  std::optional<std::string> output;  // "-" is standard output
  bool pass_through = false;          // decompress: copies what is not an llmz file
  std::string suffix;                 // of compressed files
  bool recursive = false;             // the files in folders too
  bool remove_input = false;
  bool force = false;
  bool quiet = false;
  bool verbose = false;
  bool progress = true;       // on a terminal
  bool side_by_side = false;  // the file is one of several at work, and draws nothing
  bool json = false;
  bool list = false;
  bool verify = false;
  bool resume = false;                   // goes on with the blocks that another run has finished
  std::optional<std::string> reference;  // a file; load_reference() puts it into `compress`
  bool salvage = false;
  std::optional<ContentRange> range;  // of the content alone
  bool self = false;
  EstimateOf estimate_of = EstimateOf::kFrozenNetwork;
  std::optional<std::string> against;
  bool model_given = false;  // -m was
  uint64_t chunk_bytes = 0;  // 0: whole files
  uint32_t image_width = 0;  // 0: no PNG
  bool audio = false;
  bool csv = false;
  std::optional<std::string> plot;
  std::optional<std::string> html;  // "-" is standard output
  std::optional<std::string> scores;
  std::vector<std::pair<std::string, std::string>> without;  // area (empty: all), part of a name
  MeasureOptions measure;
  bool export_models = false;
  std::optional<std::string> tokenizer;  // of import
  std::optional<std::string> model_name;
  uint32_t context = 0;       // 0: the model's own
  CompressSettings compress;  // its engine settings serve the other commands too
};

// program: the name that the program was called with; llmzcat and unllmz decompress. args: without
// it. Throws Error{kUsage}.
Options parse_options(const std::string& program, const std::vector<std::string>& args);

// Reads the file that -D names. Throws Error{kIo}, kUsage.
void load_reference(Options& options);

// For what was compressed.
DecompressSettings decompress_settings(const Options& options);

// The installed models, the file if -m names one, and its folder; for reading what was compressed,
// the folders of the files, too.
Models models_of(const Options& options);

}  // namespace llmz
