// SPDX-License-Identifier: Apache-2.0
// llmz estimate
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace llmz {
namespace {

void estimate_file(const Options& options, const Models& models, Reporter& reporter,
                   const std::string& path) {
  InputFile input(path);
  Estimate found;
  double seconds;
  {
    ProgressBar bar(options, input.size_bytes());
    found = estimate(input, models, options.compress, options.estimate_of, bar.callback());
    seconds = bar.seconds();
  }
  const auto per = [](double bits, uint64_t count) {
    return count == 0 ? 0.0 : bits / static_cast<double>(count);
  };
  Json result = {{"file", path},
                 {"content_bytes", found.content_bytes},
                 {"characters", found.characters},
                 {"tokens", found.tokens},
                 {"bits", found.bits},
                 {"bits_per_byte", per(found.bits, found.content_bytes)},
                 {"bits_per_character", per(found.bits, found.characters)},
                 {"seconds", seconds}};
  const bool of_file = options.estimate_of == EstimateOf::kFile;
  if (of_file) result["file_bytes"] = found.file_bytes;
  reporter.result(std::move(result));
  if (options.json) return;

  std::string text = display_name(path) + ": " + std::to_string(found.content_bytes) + " bytes, " +
                     std::to_string(found.characters) + " characters, " +
                     std::to_string(found.tokens) + " tokens\n  " +
                     format_number("%.0f bytes", found.bits / 8) +
                     format_number(", %.4f bits per byte", per(found.bits, found.content_bytes)) +
                     format_number(", %.4f bits per character", per(found.bits, found.characters)) +
                     format_number(", %.4f bits per token", per(found.bits, found.tokens)) + "\n";
  if (of_file) text += "  a file of " + std::to_string(found.file_bytes) + " bytes\n";
  print(text);
}

}  // namespace

void run_estimate(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  reporter.for_each_file(
      options, [&](const std::string& path) { estimate_file(options, models, reporter, path); });
}

}  // namespace llmz
