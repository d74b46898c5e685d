// SPDX-License-Identifier: Apache-2.0
// llmz test
#include "base/printable.h"
#include "cli/cluster_run.h"
#include "cli/commands.h"
#include "cli/comparing_sink.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/shared_decompress.h"
#include "cli/side_by_side.h"
#include "cli/text.h"

namespace llmz {
namespace {

class DiscardingSink : public ByteSink {
 public:
  void write(ByteView) override {}
};

void test_file(const Options& options, const Models& models, Reporter& reporter,
               const std::string& path) {
  InputFile input(path);
  DiscardingSink discarding;
  std::optional<ComparingSink> comparing;
  if (options.against) comparing.emplace(*options.against);
  ByteSink& sink = comparing ? static_cast<ByteSink&>(*comparing) : discarding;

  const std::optional<FileSummary> summary = check_frames(input);
  const auto shared = share_frames(options, models, input, "");
  Totals totals;
  double seconds;
  {
    ProgressBar bar(options, content_bytes_of(summary), path);
    totals = shared ? test_shared(options, models, input, *shared, bar.callback())
                    : decompress(input, sink, models, decompress_settings(options), bar.callback());
    seconds = bar.seconds();
  }
  if (comparing && !shared) comparing->finish();
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
  if (options.self && !is_member()) return test_machine(options, models, reporter);
  for_each_file_side_by_side(
      options, reporter,
      [&](const Options& of_file, Reporter& told, const std::string& path) {
        test_file(of_file, models, told, path);
      },
      [&](ByteView description) { return testing_share(options, models, description); },
      FilesAtOnce::kSeveralTiny);
}

}  // namespace llmz
