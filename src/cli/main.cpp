// SPDX-License-Identifier: Apache-2.0
// The program: chooses the command, and makes the exit status.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <new>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/signals.h"
#include "llmz/version.h"

namespace llmz {
namespace {

void run(const Options& options, Reporter& reporter) {
  switch (options.command) {
    case Command::kCompress:
      return run_compress(options, reporter);
    case Command::kDecompress:
      return run_decompress(options, reporter);
    case Command::kTest:
      return run_test(options, reporter);
    case Command::kInfo:
      return run_info(options, reporter);
    case Command::kEstimate:
      return run_estimate(options, reporter);
    case Command::kCompare:
      return run_compare(options, reporter);
    case Command::kRank:
      return run_rank(options, reporter);
    case Command::kGenerate:
      return run_generate(options, reporter);
    case Command::kImport:
      return run_import(options, reporter);
    case Command::kModels:
      return run_models(options, reporter);
    case Command::kHelp:
      return print(help_text());
    case Command::kVersion:
      return print("llmz " LLMZ_VERSION_STRING "\n");
  }
}

// With --json, standard output is for the JSON object alone.
void check_streams(const Options& options) {
  if (!options.json || options.command > Command::kDecompress) return;
  const bool uses_stdout =
      options.output.value_or("") == "-" ||
      (!options.output && std::count(options.files.begin(), options.files.end(), "-") > 0);
  if (!uses_stdout) return;
  throw Error(ErrorKind::kUsage, "--json and the data would both go to standard output: use -o");
}

int run_program(const std::vector<std::string>& args) {
  const bool wants_json = std::find(args.begin(), args.end(), "--json") != args.end();
  Options options;
  try {
    options = parse_options(args);
    check_streams(options);
  } catch (const Error& e) {
    Reporter reporter(wants_json, false, "");
    reporter.error("", e);
    std::fprintf(stderr, "Try 'llmz --help'.\n");
    return reporter.finish();
  }
  const bool prints_json = options.json && options.command < Command::kHelp;
  Reporter reporter(prints_json, options.quiet, command_name(options.command));
  struct stat named = {};
  if (options.command <= Command::kCompare && stat(options.command_word.c_str(), &named) == 0 &&
      (S_ISREG(named.st_mode) || (options.recursive && S_ISDIR(named.st_mode)))) {
    reporter.warning(options.command_word,
                     "was taken as the command; what has that name is ./" + options.command_word);
  }
  try {
    run(options, reporter);
  } catch (const StdoutError&) {
    throw;  // finish() could not print either
  } catch (const Error& e) {
    reporter.error("", e);
  }
  return reporter.finish();
}

}  // namespace
}  // namespace llmz

int main(int argc, char** argv) {
  try {
    llmz::occupy_standard_descriptors();
    const std::vector<std::string> args(argv + 1, argv + std::max(argc, 1));
    // Training has its own way with signals: it saves a checkpoint.
    if (!args.empty() && args[0] == "train") return llmz::run_train({args.begin() + 1, args.end()});
    llmz::install_signal_handlers();
    const int status = llmz::run_program(args);
    llmz::close_stdout();
    return status;
  } catch (const llmz::StdoutError& e) {
    if (!e.reader_has_ended) std::fprintf(stderr, "llmz: %s\n", e.what());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "llmz: out of memory\n");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "llmz: %s\n", e.what());
  }
  return 1;
}
