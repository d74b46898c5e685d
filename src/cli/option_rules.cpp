// SPDX-License-Identifier: Apache-2.0
#include "cli/option_rules.h"

#include <unistd.h>

namespace llmz {
namespace {

bool reads_files(const Options& options) {
  if (options.command == Command::kRank) return options.measure.protocol.has_value();
  if (options.command == Command::kModels) return options.export_models;
  return options.command <= Command::kCompare && !options.self;
}

// A page shows every byte of one text.
void check_page(const Options& options) {
  const auto refuse = [](const std::string& why) { throw Error(ErrorKind::kUsage, why); };
  if (options.files.size() > 1 || options.recursive)
    refuse("--html shows one file" + (options.recursive
                                          ? ", and -r takes folders"
                                          : ", found " + std::to_string(options.files.size())));
  if (options.measure.models.size() > 2)
    refuse("--html shows one model, or two side by side; found -m " +
           std::to_string(options.measure.models.size()) + " times");
  if (options.json && *options.html == "-")
    refuse("--json and --html - would both go to standard output: choose one");
  if (options.plot) refuse("--html has a curve, --plot draws another: choose one");
  if (options.estimate_of != EstimateOf::kFrozenNetwork || !options.compress.network)
    refuse("--html shows the frozen model: without -1, --adaptive and --as-compressed");
  if (options.measure.documents.value_or(DocumentsBy::kFile) != DocumentsBy::kFile)
    refuse("--html shows all bytes of a text, and --documents leaves separators out");
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
    throw Error(ErrorKind::kUsage, "--chunk, --limit and --documents need --protocol");
  }
  if (options.command == Command::kEstimate && options.chunk_bytes > 0 && measure.documents) {
    throw Error(ErrorKind::kUsage, "--chunk and --documents cut the text in two ways: choose one");
  }
  if (options.html) check_page(options);
  if (options.command == Command::kGenerate && measure.prompt && !options.files.empty()) {
    throw Error(ErrorKind::kUsage, "generate continues --prompt or a file, not both");
  }
}

}  // namespace

void check_files(Options& options) {
  const bool takes_files = reads_files(options) || options.command == Command::kGenerate ||
                           options.command == Command::kImport;
  const size_t found = options.files.size();
  if (options.command == Command::kRank && !reads_files(options) && !options.scores &&
      !options.measure.tasks && found > 0) {
    throw Error(ErrorKind::kUsage,
                "rank measures models on a file by a protocol: --protocol "
                "text8, chunks or bpc is missing");
  }
  if (!takes_files && found > 0) {
    throw Error(ErrorKind::kUsage, std::string(command_name(options.command)) +
                                       (options.self ? " --self" : "") + " takes no files, found " +
                                       options.files[0]);
  }
  if (reads_files(options) && found == 0) {
    if (isatty(STDIN_FILENO) && !options.force) {
      throw Error(ErrorKind::kUsage, "no file is given, and standard input is a terminal");
    }
    options.files.push_back("-");
  }
  if (options.command == Command::kImport && found != 1) {
    throw Error(ErrorKind::kUsage,
                "import takes one folder with config.json, model.safetensors and a tokenizer, or "
                "one GGUF file, "
                "found " +
                    std::to_string(found));
  }
}

void check_contradictions(const Options& options) {
  const bool one_output = options.output.value_or("-") != "-" && !options.export_models;
  if (options.files.size() > 1 && (options.against || one_output)) {
    throw Error(ErrorKind::kUsage,
                "-o and --against take one input, found " + std::to_string(options.files.size()));
  }
  if (options.files.size() > 1 && options.command == Command::kGenerate) {
    throw Error(ErrorKind::kUsage, "generate continues one text, found " +
                                       std::to_string(options.files.size()) + " files");
  }
  if (options.command == Command::kEstimate && !options.compress.network &&
      options.estimate_of == EstimateOf::kLearningNetwork) {
    throw Error(ErrorKind::kUsage,
                "-1 works without the model, which --adaptive measures: choose one");
  }
  if (!options.compress.network && !options.compress.mix) {
    throw Error(ErrorKind::kUsage,
                "-1 works without the model, --no-mix without the mixer: choose one");
  }
  if (!options.compress.network && options.compress.embed_model)
    throw Error(ErrorKind::kUsage,
                "-1 works without the model, which --embed-model adds: choose one");
  if (options.salvage && options.remove_input)
    throw Error(ErrorKind::kUsage, "--rm would remove what --salvage could not decode");
  if (options.range && options.remove_input)
    throw Error(ErrorKind::kUsage, "--rm would remove what --range leaves out");
  if (options.range && options.salvage)
    throw Error(ErrorKind::kUsage,
                "--range reads an undamaged file, --salvage a damaged one: choose one");
  if (options.recursive && options.output.value_or("-") != "-")
    throw Error(ErrorKind::kUsage, "-o names one file, and -r takes folders: choose one");
  if (options.json && options.csv) {
    throw Error(ErrorKind::kUsage, "--json and --csv would both go to standard output: choose one");
  }
  if (options.command == Command::kModels && options.output && !options.export_models)
    throw Error(ErrorKind::kUsage, "models writes no file without --export");
  check_measuring(options);
}

}  // namespace llmz
