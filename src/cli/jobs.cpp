// SPDX-License-Identifier: Apache-2.0
#include "cli/jobs.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace llmz {
namespace {

constexpr double kLongJobSeconds = 20;
// Nothing smaller takes that long, at any speed that this program has.
constexpr uint64_t kWorthATrialBytes = 200'000;

bool user_agrees(const std::string& path) {
  std::fprintf(stderr, "llmz: %s already exists; replace it (y/N)? ", path.c_str());
  char answer[16] = {};
  const ssize_t got = read(STDIN_FILENO, answer, sizeof answer - 1);
  throw_if_interrupted();
  return got > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

void announce_time(const Options& options, uint64_t content_bytes, Reporter& reporter,
                   const InputFile& input, const std::function<double()>& bytes_per_second) {
  if (!options.verbose && !shows_progress(options)) return;
  if (content_bytes < kWorthATrialBytes) return;
  double rate;
  try {
    rate = bytes_per_second();
  } catch (const Error&) {  // no model: what needs it will say so
    return;
  }
  const double seconds = static_cast<double>(content_bytes) / rate;
  if (!(seconds > kLongJobSeconds)) return;
  reporter.note(input.path(), size_text(static_cast<double>(content_bytes)) + " at about " +
                                  size_text(rate) + "/s: this will take about " +
                                  time_text(seconds));
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
    throw Error(ErrorKind::kUsage, "is not a regular file: say where the output goes, -c or -o");
  }
  return derive(input.path());
}

bool may_overwrite(const Options& options, const std::string& path) {
  struct stat existing = {};
  if (options.force || path == "-" || lstat(path.c_str(), &existing) != 0) return options.force;
  struct stat target = {};
  if (stat(path.c_str(), &target) == 0 && !S_ISREG(target.st_mode)) return false;  // never replaced
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
  input.rewind();
  return summary;
}

void announce_compression(const Options& options, const Models& models, Reporter& reporter,
                          const InputFile& input) {
  if (!options.compress.network) return;
  announce_time(options, input.size_bytes().value_or(0), reporter, input,
                [&] { return trial_speed(models, options.compress, false); });
}

void announce_decompression(const Options& options, const Models& models, Reporter& reporter,
                            const InputFile& input, const std::optional<FileSummary>& summary) {
  if (!summary || !summary->fingerprint_low) return;
  announce_time(options, summary->content_bytes, reporter, input, [&] {
    CompressSettings settings = options.compress;
    settings.model = models.find(*summary->fingerprint_low, true).path;
    return trial_speed(models, settings, true);
  });
}

void finish_output(const Options& options, OutputFile& output, const InputFile& input,
                   Reporter& reporter) {
  output.commit(&input);
  if (!options.remove_input || input.path() == "-") return;
  struct stat named = {};
  const bool is_link = lstat(input.path().c_str(), &named) == 0 && S_ISLNK(named.st_mode);
  if (!output.is_kept() || !input.is_regular() || is_link) {
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
