// SPDX-License-Identifier: Apache-2.0
// llmz estimate
#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/cluster_run.h"
#include "cli/commands.h"
#include "cli/estimate_finding.h"
#include "cli/estimate_page.h"
#include "cli/files.h"
#include "cli/plot.h"
#include "cli/progress.h"
#include "cli/shared_compress.h"
#include "cli/shared_rows.h"
#include "llmz_lab/window_scorer.h"

namespace llmz {
namespace {

// What is measured, whole or in parts.
struct Text {
  ByteSource& bytes;
  std::optional<uint64_t> size_bytes;
  const std::string& path;
  InputFile* file = nullptr;  // for several processes
};

DocumentsBy documents_of(const Options& options) {
  if (options.chunk_bytes > 0) return DocumentsBy::kChunk;
  return options.measure.documents.value_or(DocumentsBy::kFile);
}

std::string context_text(const Options& options, const Sliding& sliding) {
  static const char* const kNames[] = {"the whole text", "chunks", "lines",
                                       "paragraphs between blank lines", "texts between NULs"};
  const DocumentsBy by = documents_of(options);
  std::string text = kNames[static_cast<int>(by)];
  if (by == DocumentsBy::kChunk) text += " of " + std::to_string(options.chunk_bytes) + " bytes";
  return text + ", windows of " + std::to_string(sliding.window) + " tokens, stride " +
         std::to_string(sliding.stride);
}

// llmz's own models walk through a text as compress does, unless something else is asked for.
bool wants_windows(const Options& options) {
  const MeasureOptions& measure = options.measure;
  return measure.as_float || measure.documents || measure.window_tokens > 0 ||
         measure.stride_tokens > 0 || measure.positions || options.plot ||
         options.chunk_bytes > 0 || is_checkpoint(options.compress.model);
}

void refuse_walking_options(const Options& options) {
  if (options.estimate_of == EstimateOf::kFrozenNetwork) return;
  throw Error(
      ErrorKind::kUsage,
      "-1, --adaptive and --as-compressed measure as compress codes: without windows, chunks, "
      "documents, positions or floating point");
}

// Measures texts with one model.
class Estimator {
 public:
  explicit Estimator(const Options& options) : options_(options), models_(models_of(options)) {
    if (!wants_windows(options)) return;
    refuse_walking_options(options);
    model_ = std::make_unique<MeasuredModel>(open_measured_model(
        options.compress.model, models_, options.compress.engine, options.measure.as_float));
  }

  // scored: where it is not null, gets each token of the text.
  Finding measure(const Text& text, ScoredText* scored) {
    ProgressBar bar(options_, text.size_bytes, text.path);
    Finding found =
        model_ ? windows(text, scored, bar.callback()) : walk(text, scored, bar.callback());
    found.path = text.path;
    found.seconds = bar.seconds();
    return found;
  }

 private:
  Finding walk(const Text& text, ScoredText* scored, const Progress& progress) {
    static const char* const kContexts[] = {
        "the whole text, frozen", "as compress without the mixer, adaptive", "as compress"};
    const CompressSettings& settings = options_.compress;
    const auto shared = text.file ? share_content(options_, models_, *text.file, "") : nullptr;
    const Estimate e =
        shared   ? estimate_shared(options_, models_, *text.file, *shared, progress)
        : scored ? score_text(text.bytes, models_, settings, *scored, progress)
                 : estimate(text.bytes, models_, settings, options_.estimate_of, progress);
    Finding found;
    found.model = settings.network ? models_.find(settings.model).name : "no model";
    found.arithmetic = "exact integers";
    found.context = kContexts[static_cast<int>(options_.estimate_of)];
    found.tally.content_bytes = e.content_bytes;
    found.tally.characters = e.characters;
    found.tally.tokens = e.tokens;
    found.tally.bits = e.bits;
    if (options_.estimate_of == EstimateOf::kFile) found.file_bytes = e.file_bytes;
    return found;
  }

  Finding windows(const Text& text, ScoredText* scored, const Progress& progress) {
    const Sliding sliding =
        sliding_for(*model_, options_.measure.window_tokens, options_.measure.stride_tokens);
    WindowScorer scorer(*model_, sliding, model_->start_token, progress);
    if (scored) scorer.keep(*scored);
    for_each_document(text.bytes, documents_of(options_), options_.chunk_bytes,
                      [&](ByteView document) { scorer.text(document); });
    scorer.finish();
    Finding found;
    found.model = model_->model->description().name;
    found.arithmetic = model_->model->description().arithmetic;
    found.context = context_text(options_, sliding);
    found.tally = scorer.tally();
    found.has_positions = options_.measure.positions;
    return found;
  }

  const Options options_;
  const Models models_;
  std::unique_ptr<MeasuredModel> model_;
};

void report(const Options& options, Reporter& reporter, const Finding& found) {
  reporter.result(json_of(found));
  if (!options.json && options.html.value_or("") != "-") print(text_of(found));
}

// One text, which all models of -m read, and a page of what they found.
void estimate_page(const Options& options, Reporter& reporter) {
  std::vector<std::string> names = options.measure.models;
  if (names.empty()) names.push_back(options.compress.model);
  std::vector<Estimator> estimators;
  for (const std::string& name : names) {
    Options with_model = options;
    with_model.compress.model = name;
    estimators.emplace_back(with_model);
  }
  reporter.for_each_file(options, [&](const std::string& path) {
    InputFile input(path);
    PageFile page(options, input);
    std::vector<PageModel> models;
    for (Estimator& estimator : estimators) {
      MemorySource bytes(page.content());
      ScoredText scored;
      Finding found = estimator.measure({bytes, page.content().size, path}, &scored);
      report(options, reporter, found);
      models.push_back({std::move(found), std::move(scored)});
    }
    page.write(models);
    reporter.warn_if_changed(input);
  });
}

// Each file is for one process: as a whole, because its windows or its one block cannot be shared.
bool shares_whole_files(const Options& options) {
  if (!shares_rows() || options.files.size() < 2) return false;
  const uint64_t block = options.compress.block_size_bytes;
  return std::all_of(options.files.begin(), options.files.end(), [&](const std::string& path) {
    std::error_code ignored;
    const uint64_t size = std::filesystem::file_size(path, ignored);
    return !ignored && (wants_windows(options) || block == 0 || size <= block);
  });
}

RowWork rows_of_files(Estimator& estimator, const std::vector<std::string>& paths) {
  return [&estimator, paths](size_t row, const Progress&) {
    InputFile input(paths.at(row));
    Json json = whole_json_of(estimator.measure({input, input.size_bytes(), paths[row]}, nullptr));
    if (input.was_changed()) json["changed"] = true;
    return json;
  };
}

std::vector<Finding> estimate_whole_files(const Options& options, Reporter& reporter,
                                          Estimator& estimator) {
  std::vector<Finding> all;
  share_rows(
      options.files, options.files.size(),
      [&](const std::vector<std::string>& paths) { return rows_of_files(estimator, paths); },
      [&](size_t row, const SharedRow& made) {
        const std::string& path = options.files[row];
        if (made.error) return reporter.error(path, *made.error);
        all.push_back(finding_from(made.value));
        if (made.value.contains("changed"))
          reporter.warning(path, "changed while it was being read");
        report(options, reporter, all.back());
      },
      [](uint64_t) { throw_if_interrupted(); });
  return all;
}

std::vector<Finding> estimate_files(const Options& options, Reporter& reporter,
                                    Estimator& estimator) {
  std::vector<Finding> all;
  reporter.for_each_file(options, [&](const std::string& path) {
    InputFile input(path);
    all.push_back(estimator.measure({input, input.size_bytes(), path, &input}, nullptr));
    reporter.warn_if_changed(input);
    report(options, reporter, all.back());
  });
  return all;
}

void serve_estimates(const Options& options) {
  Estimator estimator(options);
  const Models models = models_of(options);
  serve_leader([&](ByteView description) {
    if (static_cast<JobKind>(description[0]) == JobKind::kBlocks)
      return estimating_share(options, models, description);
    return rows_share(
        [&](const std::vector<std::string>& paths) { return rows_of_files(estimator, paths); },
        description);
  });
}

}  // namespace

void run_estimate(const Options& given, Reporter& reporter) {
  const Options options = with_own_threads(given);
  if (is_member()) return serve_estimates(options);
  if (options.html) return estimate_page(options, reporter);
  std::unique_ptr<PlotFile> plot;
  if (options.plot && options.estimate_of == EstimateOf::kFrozenNetwork)
    plot = std::make_unique<PlotFile>(options);
  Estimator estimator(options);
  const std::vector<Finding> all = shares_whole_files(options)
                                       ? estimate_whole_files(options, reporter, estimator)
                                       : estimate_files(options, reporter, estimator);
  if (plot && all.size() == options.files.size()) plot->draw(plot_of(all));
}

}  // namespace llmz
