// SPDX-License-Identifier: Apache-2.0
// llmz decompress
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "cli/commands.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/shared_decompress.h"
#include "cli/side_by_side.h"
#include "cli/text.h"

namespace llmz {
namespace {

std::string remove_suffix(const Options& options, const std::string& path) {
  for (const std::string& suffix : {options.suffix, std::string(kSuffix)}) {
    if (has_suffix(path, suffix)) return path.substr(0, path.size() - suffix.size());
  }
  throw Skip("does not end in " + options.suffix + ", skipped; name the output with -o, or use -c");
}

// A source whose first bytes were looked at.
class PeekedSource : public ByteSource {
 public:
  explicit PeekedSource(ByteSource& rest) : rest_(rest) {
    head_.resize(sizeof kFrameMagic);
    head_.resize(read_fully(rest, head_.data(), head_.size()));
  }
  bool is_llmz() const {
    return std::equal(head_.begin(), head_.end(), std::begin(kFrameMagic), std::end(kFrameMagic));
  }
  size_t read(uint8_t* out, size_t count) override {
    if (position_ == head_.size()) return rest_.read(out, count);
    const size_t got = std::min(count, head_.size() - position_);
    std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(position_), got, out);
    position_ += got;
    return got;
  }
  bool may_wait() override { return position_ == head_.size() && rest_.may_wait(); }

 private:
  ByteSource& rest_;
  Bytes head_;
  size_t position_ = 0;
};

// -dcf: as it is.
Totals copy(ByteSource& in, ByteSink& out) {
  Totals totals;
  Bytes buffer(1 << 16);
  while (const size_t got = in.read(buffer.data(), buffer.size())) {
    out.write(ByteView(buffer.data(), got));
    totals.content_bytes += got;
  }
  totals.compressed_bytes = totals.content_bytes;
  return totals;
}

Totals salvage_file(const Options& options, const Models& models, Reporter& reporter,
                    InputFile& input, OutputFile& output) {
  const std::string& path = input.path();
  const Bytes file = read_all(input);
  ProgressBar bar(options, std::nullopt, path);
  return salvage(
      file, output, models, decompress_settings(options),
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

Totals decode_range(const ContentRange& range, const DecompressSettings& settings,
                    const Models& models, InputFile& input, OutputFile& output,
                    const Progress& progress) {
  if (!input.size_bytes() && !input.is_regular())
    throw Error(
        ErrorKind::kUsage,
        "is a pipe or a device, which --range cannot begin in the middle of: name a file, or "
        "decode all and cut it (tail -c +N | head -c N)");
  SeekableFile file(input);
  return decompress_range(file, range.from, range.count, output, models, settings, progress);
}

Totals decode(const Options& options, const Models& models, Reporter& reporter, InputFile& input,
              OutputFile& output, const Progress& progress) {
  const DecompressSettings settings = decompress_settings(options);
  if (options.range) return decode_range(*options.range, settings, models, input, output, progress);
  if (options.salvage) return salvage_file(options, models, reporter, input, output);
  if (!options.pass_through) return decompress(input, output, models, settings, progress);
  PeekedSource peeked(input);
  return peeked.is_llmz() ? decompress(peeked, output, models, settings, progress)
                          : copy(peeked, output);
}

void decompress_file(const Options& options, const Models& models, Reporter& reporter,
                     const std::string& path) {
  InputFile input(path, pipes_of(options));
  if (path == "-" && isatty(STDIN_FILENO) && !options.force) {
    throw Error(ErrorKind::kUsage, "compressed data is not read from a terminal");
  }
  check_removable(options, input);
  const std::string target = output_path(
      options, input, [&](const std::string& name) { return remove_suffix(options, name); });
  OutputFile output(target, may_overwrite(options, target));
  refuse_same_file(output, input);
  std::optional<FileSummary> summary;
  // Finds damage before time is spent; to standard output everything up to the damage may be
  // wanted.
  if (target != "-" && !options.salvage && !options.range) summary = check_frames(input);

  const auto shared = share_frames(options, models, input, journal_place(output, target));

  Totals totals;
  double seconds;
  {
    ProgressBar bar(options, content_bytes_of(summary), path);
    totals = shared ? decompress_shared(options, models, input, *shared, output, bar.callback())
                    : decode(options, models, reporter, input, output, bar.callback());
    seconds = bar.seconds();
  }
  if (options.salvage && totals.content_bytes == 0)
    throw Error(ErrorKind::kCorrupt, "nothing in it can be decoded");
  finish_output(options, output, input, reporter);
  if (shared) shared->finished();

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
  for_each_file_side_by_side(
      options, reporter,
      [&](const Options& of_file, Reporter& told, const std::string& path) {
        decompress_file(of_file, models, told, path);
      },
      [&](ByteView description) { return decompressing_share(options, models, description); },
      FilesAtOnce::kSeveralTiny);
}

}  // namespace llmz
