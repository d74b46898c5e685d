// SPDX-License-Identifier: Apache-2.0
// The program: chooses the command, and makes the exit status.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>

#include "base/processor.h"
#include "cli/cluster_run.h"
#include "cli/command_words.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/help.h"
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
    case Command::kTrain:
      throw Error(ErrorKind::kUsage, "train must be the first argument: llmz train ...");
    case Command::kHelp:
      return print(help_text(options.topic));
    case Command::kVersion:
      return print("llmz " LLMZ_VERSION_STRING "\n");
  }
}

bool is_shared(Command command) {
  return command == Command::kCompress || command == Command::kDecompress ||
         command == Command::kTest || command == Command::kEstimate ||
         command == Command::kCompare || command == Command::kRank;
}

// Of a process that works for another one, which tells the user.
void serve(Options options) {
  options.progress = false;
  Reporter silent = Reporter(options.json, options.quiet, "").aside();
  try {
    load_reference(options);
    if (is_shared(options.command)) return run(options, silent);
    refuse_jobs(Error(ErrorKind::kInternal, "a job of a command that shares nothing"));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kInterrupted) refuse_jobs(e);
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

// An environment value that is wrong is told at once, whatever the command would use.
void check_environment(const Options& options) {
  if (options.command < Command::kHelp) instruction_set();
}

int run_program(const std::string& program, const std::vector<std::string>& args) {
  const bool wants_json = std::find(args.begin(), args.end(), "--json") != args.end();
  Options options;
  try {
    options = parse_options(program, args);
    check_streams(options);
    check_environment(options);
  } catch (const Error& e) {
    Reporter reporter(wants_json, false, "");
    reporter.error("", e);
    std::fprintf(stderr, "Try 'llmz --help'.\n");
    return reporter.finish();
  }
  if (options.command == Command::kHelp && options.topic == Command::kTrain)
    return run_train({"--help"});
  const bool prints_json = options.json && options.command < Command::kHelp;
  Reporter reporter(prints_json, options.quiet, command_name(options.command));
  try {
    join_cluster(options);
    if (is_member()) {
      serve(options);
      if (received_signal() == 0) leave_cluster();
      return 0;
    }
    load_reference(options);
    run(options, reporter);
  } catch (const StdoutError&) {
    throw;  // finish() could not print either
  } catch (const Error& e) {
    reporter.error("", e);
  }
  const int status = reporter.finish();
  if (received_signal() == 0) leave_cluster();
  return status;
}

// `llmz train` parses its own arguments. With options it is no file called train.
bool is_training(const std::vector<std::string>& args) {
  if (args.empty() || (args[0] != "train" && args[0] != "--train")) return false;
  const bool has_option = std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg.size() > 1 && arg[0] == '-' && arg != "--";
  });
  return has_option || !names_a_file("train");
}

int run_all(const std::string& program, const std::vector<std::string>& args) {
  // Training has its own way with signals: it saves a checkpoint.
  if (is_training(args)) {
    refuse_launcher("train");
    return run_train({args.begin() + 1, args.end()});
  }
  install_signal_handlers();
  const int status = run_program(program, args);
  close_stdout();
  if (received_signal() != 0) end_by_signal(received_signal());
  return status;
}

}  // namespace
}  // namespace llmz

int main(int argc, char** argv) {
  try {
    llmz::occupy_standard_descriptors();
    return llmz::run_all(argc > 0 ? argv[0] : "llmz", {argv + std::min(argc, 1), argv + argc});
  } catch (const llmz::StdoutError& e) {
    if (llmz::received_signal() != 0) llmz::end_by_signal(llmz::received_signal());
    if (e.ends_quietly()) llmz::end_by_signal(SIGPIPE);
    llmz::say(e.what());
  } catch (const std::bad_alloc&) {
    llmz::say("out of memory");
  } catch (const std::exception& e) {
    llmz::say(e.what());
  }
  return 1;
}
