// SPDX-License-Identifier: Apache-2.0
// llmz compress
#include <unistd.h>

#include "cli/commands.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/shared_compress.h"
#include "cli/side_by_side.h"
#include "cli/text.h"

namespace llmz {
namespace {

std::string add_suffix(const Options& options, const std::string& path) {
  for (const std::string& suffix : {options.suffix, std::string(kSuffix)}) {
    if (has_suffix(path, suffix) && !options.force)
      throw Skip("already ends in " + suffix + ", unchanged; -f compresses it again");
  }
  return path + options.suffix;
}

// Reads back what was written; the content must come out.
void verify_output(const Options& options, const Models& models, const OutputFile& output,
                   const std::string& path, uint64_t content_bytes, uint64_t content_hash) {
  InputFile written(output.readable_path());
  HashingSink decoded;
  ProgressBar bar(options, content_bytes, path);
  const Totals totals =
      decompress(written, decoded, models, decompress_settings(options), bar.callback());
  if (totals.content_bytes == content_bytes && decoded.digest() == content_hash) return;
  throw Error(ErrorKind::kInternal,
              "--verify: what was compressed does not decode to the input; nothing was written");
}

void compress_file(const Options& options, const Models& models, Reporter& reporter,
                   const std::string& path) {
  InputFile input(path, pipes_of(options));
  check_removable(options, input);
  const std::string target = output_path(
      options, input, [&](const std::string& name) { return add_suffix(options, name); });
  if (target == "-" && isatty(STDOUT_FILENO) && !options.force) {
    throw Error(ErrorKind::kUsage,
                "compressed data is not written to a terminal: use -o FILE, or -f to do it anyway");
  }
  OutputFile output(target, may_overwrite(options, target));
  refuse_same_file(output, input);
  const auto shared = share_content(options, models, input, journal_place(output, target));
  if (options.verify && !shared && output.readable_path().empty()) {
    throw Error(ErrorKind::kUsage,
                "--verify reads back what was written, and cannot from a pipe or a device: use -o, "
                "or `llmz test --against` afterwards");
  }

  HashingSource hashed(input);
  Totals totals;
  double seconds;
  {
    ProgressBar bar(options, input.size_bytes(), path);
    totals = shared ? compress_shared(options, models, input, *shared, output, bar.callback())
                    : compress(hashed, output, models, options.compress, bar.callback());
    seconds = bar.seconds();
  }
  if (options.verify && !shared) {  // else each block was
    output.finish_writing();
    verify_output(options, models, output, path, totals.content_bytes, hashed.digest());
  }
  finish_output(options, output, input, reporter);
  if (shared) shared->finished();

  Json result = totals_json(path, totals, seconds);
  result["output"] = target;
  if (options.verify) result["verified"] = true;
  reporter.result(std::move(result));
  if (wants_summary(options)) {
    reporter.note(path, ratio_text(totals.content_bytes, totals.compressed_bytes) + ", " +
                            (options.verbose ? methods_text(totals) : "") + time_text(seconds) +
                            (options.verify ? ", verified" : "") +
                            (target == "-" ? "" : " -> " + target));
  }
}

}  // namespace

void run_compress(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  for_each_file_side_by_side(
      options, reporter,
      [&](const Options& of_file, Reporter& told, const std::string& path) {
        compress_file(of_file, models, told, path);
      },
      [&](ByteView description) { return compressing_share(options, models, description); });
}

}  // namespace llmz
