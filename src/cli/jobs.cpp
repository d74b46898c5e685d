// SPDX-License-Identifier: Apache-2.0
#include "cli/jobs.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/printable.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace llmz {
namespace {

bool user_agrees(const std::string& path) {
  const std::lock_guard terminal(terminal_in_use());
  std::fprintf(stderr, "llmz: %s already exists; replace it (y/N)? ", printable(path).c_str());
  // A signal may come to another thread than this one.
  pollfd answered = {STDIN_FILENO, POLLIN, 0};
  while (poll(&answered, 1, 100) == 0) throw_if_interrupted();
  char answer[16] = {};
  const ssize_t got = read(STDIN_FILENO, answer, sizeof answer - 1);
  throw_if_interrupted();
  return got > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

}  // namespace

std::string output_path(const Options& options, const InputFile& input,
                        const std::function<std::string(const std::string&)>& derive) {
  if (options.output) {
    if (*options.output != "-" || !options.remove_input) return *options.output;
    throw Error(ErrorKind::kUsage, "--rm needs an output file, not standard output");
  }
  if (input.path() == "-") return "-";
  if (!input.is_regular() && !options.force) {
    throw Error(ErrorKind::kUsage, "is not a regular file: name the output with -o, or use -c");
  }
  return derive(input.path());
}

bool may_overwrite(const Options& options, const std::string& path) {
  struct stat existing = {}, target = {};
  if (path == "-" || lstat(path.c_str(), &existing) != 0) return options.force;
  if (stat(path.c_str(), &target) == 0 && !S_ISREG(target.st_mode)) {
    if (options.output || S_ISDIR(target.st_mode)) return false;  // written to, not replaced
    throw Error(ErrorKind::kIo, path + " exists and is not a regular file; -o writes to it");
  }
  if (options.force) return true;
  const bool can_ask =
      isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && options.files[0] != "-" && !options.quiet;
  if (can_ask && user_agrees(path)) return true;
  throw Error(ErrorKind::kIo, path + " already exists; -f replaces it");
}

void refuse_same_file(const OutputFile& output, const InputFile& input) {
  if (!output.is_same_file_as(input)) return;
  throw Error(ErrorKind::kUsage, "is the input and the output: choose another name with -o");
}

std::optional<FileSummary> check_frames(InputFile& input) {
  if (!input.size_bytes()) return std::nullopt;
  FileSummary summary;
  for_each_frame(input, [&](const FrameInfo& frame) {
    summary.content_bytes += frame.content_size_bytes;
    if (frame.needs_model && !summary.fingerprint_low)
      summary.fingerprint_low = frame.fingerprint_low;
  });
  input.seek(0);
  return summary;
}

Pipes pipes_of(const Options& options) { return options.output ? Pipes::kMeant : Pipes::kRefused; }

void check_removable(const Options& options, const InputFile& input) {
  if (!options.remove_input || options.force || !input.is_regular() || input.path() == "-") return;
  const struct stat& status = input.status();
  if (status.st_nlink > 1) {
    const auto others = static_cast<unsigned long long>(status.st_nlink - 1);
    throw Skip("has " + std::to_string(others) + " other hard link" + (others == 1 ? "" : "s") +
               ", skipped: --rm would not free its space; -f removes this name");
  }
  if (status.st_mode & (S_ISUID | S_ISGID | S_ISVTX))
    throw Skip(
        "has the setuid, setgid or sticky bit, which its copy would lose, skipped; -f does it");
}

std::string journal_place(const OutputFile& output, const std::string& target) {
  return output.is_kept() && target != "-" ? target : "";
}

void finish_output(const Options& options, OutputFile& output, const InputFile& input,
                   Reporter& reporter) {
  output.commit(&input);
  reporter.warn_if_changed(input);
  if (!options.remove_input || input.path() == "-") return;
  struct stat named = {};
  const bool is_link = lstat(input.path().c_str(), &named) == 0 && S_ISLNK(named.st_mode);
  if (input.was_changed()) {
    reporter.warning(input.path(), "is kept: the output does not hold what was changed");
  } else if (!output.is_kept() || !input.is_regular() || is_link) {
    reporter.warning(input.path(), "is kept: --rm needs a file on both sides");
  } else if (unlink(input.path().c_str()) != 0) {
    reporter.warning(input.path(), std::string("cannot be removed: ") + std::strerror(errno));
  }
}

bool wants_summary(const Options& options) { return options.verbose || shows_progress(options); }

std::string methods_text(const Totals& totals) {
  std::string text;
  for (size_t i = 0; i < kMethods; ++i) {
    if (totals.content_bytes_of[i] == 0) continue;
    text += std::string(method_name(static_cast<Method>(i))) + " " +
            std::to_string(totals.content_bytes_of[i]) + " -> " +
            std::to_string(totals.payload_bytes_of[i]) + ", ";
  }
  return text;
}

Json totals_json(const std::string& file, const Totals& totals, double seconds) {
  Json json = {{"file", file},
               {"content_bytes", totals.content_bytes},
               {"compressed_bytes", totals.compressed_bytes},
               {"tokens", totals.tokens},
               {"frames", totals.frames},
               {"seconds", seconds}};
  for (size_t i = 0; i < kMethods; ++i) {
    if (totals.content_bytes_of[i] == 0) continue;
    json["methods"][method_name(static_cast<Method>(i))] = {
        {"content_bytes", totals.content_bytes_of[i]},
        {"payload_bytes", totals.payload_bytes_of[i]}};
  }
  if (totals.content_bytes > 0) {
    json["bits_per_byte"] = 8 * static_cast<double>(totals.compressed_bytes) /
                            static_cast<double>(totals.content_bytes);
  }
  return json;
}

}  // namespace llmz
