// SPDX-License-Identifier: Apache-2.0
// llmz test
#include <algorithm>

#include "base/printable.h"
#include "cli/commands.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/side_by_side.h"
#include "cli/text.h"

namespace llmz {
namespace {

class DiscardingSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

// Compares what it is given with a file, byte for byte.
class ComparingSink : public ByteSink {
 public:
  explicit ComparingSink(const std::string& path) : expected_(path) {}

  void write(ByteView bytes) override {
    buffer_.resize(bytes.size);
    const size_t got = read_fully(expected_, buffer_.data(), bytes.size);
    const auto difference =
        std::mismatch(buffer_.begin(), buffer_.begin() + static_cast<long>(got), bytes.begin());
    const auto equal = static_cast<size_t>(difference.first - buffer_.begin());
    if (equal < bytes.size) differ(equal < got ? "differs" : "ends", position_ + equal);
    position_ += bytes.size;
  }

  void finish() {
    uint8_t byte;
    if (expected_.read(&byte, 1) != 0) differ("goes on", position_);
  }

 private:
  [[noreturn]] void differ(const char* how, uint64_t position) const {
    throw Error(ErrorKind::kCorrupt, "does not decode to " + expected_.path() + ", which " + how +
                                         " at byte " + std::to_string(position));
  }

  InputFile expected_;
  Bytes buffer_;
  uint64_t position_ = 0;
};

void test_file(const Options& options, const Models& models, Reporter& reporter,
               const std::string& path) {
  InputFile input(path);
  DiscardingSink discarding;
  std::optional<ComparingSink> comparing;
  if (options.against) {
    try {
      comparing.emplace(*options.against);
    } catch (const Error& e) {
      throw Error(e.kind(), "--against " + *options.against + ": " + e.what());
    }
  }
  ByteSink& sink = comparing ? static_cast<ByteSink&>(*comparing) : discarding;

  const std::optional<FileSummary> summary = check_frames(input);
  Totals totals;
  double seconds;
  {
    ProgressBar bar(options, content_bytes_of(summary), path);
    totals = decompress(input, sink, models, decompress_settings(options), bar.callback());
    seconds = bar.seconds();
  }
  if (comparing) comparing->finish();
  reporter.warn_if_changed(input);

  Json result = totals_json(path, totals, seconds);
  result["ok"] = true;
  if (options.against) result["against"] = *options.against;
  reporter.result(std::move(result));
  if (wants_summary(options)) {
    reporter.note(path, "good: " + ratio_text(totals.content_bytes, totals.compressed_bytes) +
                            ", " + time_text(seconds));
  }
}

void test_machine(const Options& options, const Models& models, Reporter& reporter) {
  const ModelInfo model = models.find(options.compress.model);
  const std::string fingerprint = hexadecimal(model.fingerprint, 16);
  if (!self_test(model, options.compress.engine)) {
    throw Error(
        ErrorKind::kInternal,
        "the self-test of model " + model.name + " (" + fingerprint + ") fails with engine " +
            options.compress.engine.engine +
            ": files compressed here could not be read elsewhere. Please report this machine");
  }
  reporter.result({{"model", model.name}, {"fingerprint", fingerprint}, {"ok", true}});
  if (!options.json && !options.quiet) {
    print("model " + printable(model.name) + " (" + fingerprint +
          "): self-test passed, this machine reproduces the reference output\n");
  }
}

}  // namespace

void run_test(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  if (options.self) return test_machine(options, models, reporter);
  for_each_file_side_by_side(options, reporter,
                             [&](const Options& of_file, Reporter& told, const std::string& path) {
                               test_file(of_file, models, told, path);
                             });
}

}  // namespace llmz
