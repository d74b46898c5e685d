// SPDX-License-Identifier: Apache-2.0
// llmz decompress
#include <unistd.h>

#include "cli/commands.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace llmz {
namespace {

std::string remove_suffix(const std::string& path) {
  const std::string suffix = kSuffix;
  const size_t name = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  if (path.size() <= name + suffix.size() ||
      path.compare(path.size() - suffix.size(), suffix.size(), suffix) != 0) {
    throw Skip("does not end in " + suffix + ", skipped; say where the output goes, -c or -o");
  }
  return path.substr(0, path.size() - suffix.size());
}

Totals salvage_file(const Options& options, const Models& models, Reporter& reporter,
                    const std::string& path, OutputFile& output) {
  const Bytes file = read_all(path);
  ProgressBar bar(options, std::nullopt);
  return salvage(
      file, output, models, options.compress.engine,
      [&](const Lost& lost) {
        reporter.warning(path, "bytes " + std::to_string(lost.offset) + " to " +
                                   std::to_string(lost.offset + lost.size_bytes - 1) + " are lost" +
                                   (lost.kept_bytes == 0
                                        ? ""
                                        : ", but for the first " + std::to_string(lost.kept_bytes) +
                                              " bytes of their content") +
                                   ": " + lost.why);
      },
      bar.callback());
}

void decompress_file(const Options& options, const Models& models, Reporter& reporter,
                     const std::string& path) {
  InputFile input(path);
  if (path == "-" && isatty(STDIN_FILENO) && !options.force) {
    throw Error(ErrorKind::kUsage, "compressed data is not read from a terminal");
  }
  const std::string target = output_path(options, input, remove_suffix);
  OutputFile output(target, may_overwrite(options, target));
  refuse_same_file(output, input);
  std::optional<FileSummary> summary;
  // Finds damage before time is spent; to standard output everything up to the damage may be
  // wanted.
  if (target != "-" && !options.salvage) summary = check_frames(input);
  announce_decompression(options, models, reporter, input, summary);

  Totals totals;
  double seconds;
  {
    ProgressBar bar(options, content_bytes_of(summary));
    totals = options.salvage
                 ? salvage_file(options, models, reporter, path, output)
                 : decompress(input, output, models, options.compress.engine, bar.callback());
    seconds = bar.seconds();
  }
  if (options.salvage && totals.content_bytes == 0)
    throw Error(ErrorKind::kCorrupt, "nothing in it can be decoded");
  finish_output(options, output, input, reporter);

  Json result = totals_json(path, totals, seconds);
  result["output"] = target;
  reporter.result(std::move(result));
  if (wants_summary(options)) {
    reporter.note(path, ratio_text(totals.content_bytes, totals.compressed_bytes) + ", " +
                            time_text(seconds) + (target == "-" ? "" : " -> " + target));
  }
}

}  // namespace

void run_decompress(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  reporter.for_each_file(
      options, [&](const std::string& path) { decompress_file(options, models, reporter, path); });
}

}  // namespace llmz
