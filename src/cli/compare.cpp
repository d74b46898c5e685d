// SPDX-License-Identifier: Apache-2.0
// llmz compare
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "cli/commands.h"
#include "cli/compare_table.h"
#include "cli/files.h"
#include "cli/plot.h"
#include "cli/progress.h"
#include "llmz_lab/window_scorer.h"

namespace llmz {
namespace {

// A row of the table before it is measured.
struct Candidate {
  std::string name;
  std::function<Measurement(ByteView content, const CompareProgress&)> measure;
  uint64_t model_file_bytes = 0, model_parameters = 0;
};

std::vector<ModelInfo> models_to_compare(const Options& options, const Models& models) {
  if (options.model_given) return {models.find(options.compress.model)};
  std::vector<ModelInfo> all;
  for (const ModelInfo& model : models.list()) {
    const auto same = [&](const ModelInfo& other) {
      return other.fingerprint == model.fingerprint;
    };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(model);
  }
  return all;
}

// The options that llmz needs to do the same.
std::string llmz_name(const Options& options, const ModelInfo* model) {
  const CompressSettings& settings = options.compress;
  const CompressSettings usual;
  std::string name = model ? "llmz -m " + model->name : "llmz -1";
  if (model && !settings.learning) name += " --frozen";
  if (model && !settings.mix) name += " --no-mix";
  if (model && settings.lanes != usual.lanes) name += " --lanes " + std::to_string(settings.lanes);
  if (settings.memory_bits != usual.memory_bits) {
    const unsigned kibibytes = 1u << (settings.memory_bits - 10);
    name += " --memory " + (kibibytes < 1024 ? std::to_string(kibibytes) + "K"
                                             : std::to_string(kibibytes / 1024) + "M");
  }
  return name;
}

Candidate llmz_candidate(const Options& options, const Models& models, const ModelInfo* model) {
  CompressSettings settings = options.compress;
  settings.network = model != nullptr;
  Candidate candidate;
  candidate.name = llmz_name(options, model);
  if (model) {
    settings.model = hexadecimal(model->fingerprint, 16);
    candidate.model_file_bytes = model->size_bytes;
    candidate.model_parameters = model->parameters;
  } else {
    settings.mix = true;  // there is nothing else without the network
  }
  candidate.measure = [settings, &models, chunk = options.chunk_bytes](
                          ByteView content, const CompareProgress& progress) {
    return measure_llmz(models, settings, content, chunk, progress);
  };
  return candidate;
}

// A model in floating point codes nothing: its row is what its log probabilities say, and is not
// decoded.
Candidate float_candidate(const Options& options, const Models& models) {
  const auto model = std::make_shared<MeasuredModel>(
      open_measured_model(options.compress.model, models, options.compress.engine, std::nullopt));
  const LanguageModel::Description& about = model->model->description();
  Candidate candidate;
  candidate.name = about.name + ", " + about.arithmetic + ", estimated";
  candidate.model_file_bytes = about.weight_bytes;
  candidate.model_parameters = about.parameters;
  candidate.measure = [model, chunk = options.chunk_bytes](ByteView content,
                                                           const CompareProgress& progress) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    WindowScorer scorer(*model, sliding_for(*model, 0, 0), model->start_token, progress);
    MemorySource source(content);
    for_each_document(source, chunk > 0 ? DocumentsBy::kChunk : DocumentsBy::kFile, chunk,
                      [&](ByteView document) { scorer.text(document); });
    scorer.finish();
    Measurement measured;
    measured.content_bytes = content.size;
    measured.compressed_bytes = static_cast<uint64_t>(std::ceil(scorer.tally().bits / 8));
    measured.compress_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return measured;
  };
  return candidate;
}

std::vector<Candidate> candidates_of(const Options& options, const Models& models) {
  std::vector<Compressor> others = general_compressors();
  if (options.image_width > 0) others.push_back(png_compressor(options.image_width));
  for (const unsigned bits : {8u, 16u}) {
    if (options.audio) others.push_back(flac_compressor(bits));
  }
  std::vector<Candidate> candidates;
  for (const Compressor& other : others) {
    candidates.push_back(
        {other.name,
         [other, chunk = options.chunk_bytes](ByteView content, const CompareProgress& progress) {
           return measure(other, content, chunk, progress);
         },
         0, 0});
  }
  candidates.push_back(llmz_candidate(options, models, nullptr));
  if (options.model_given && is_checkpoint(options.compress.model)) {
    candidates.push_back(float_candidate(options, models));
  } else if (options.compress.network) {
    for (const ModelInfo& model : models_to_compare(options, models))
      candidates.push_back(llmz_candidate(options, models, &model));
  }
  return candidates;
}

CompareTable compare_content(const Options& options, const std::vector<Candidate>& candidates,
                             Reporter& reporter, const std::string& path, ByteView content) {
  CompareTable table{display_name(path), path, content.size, {}};
  for (const Candidate& candidate : candidates) {
    try {
      ProgressBar bar(options, content.size, path, candidate.name + ": ");
      table.rows.push_back({candidate.name, candidate.measure(content, bar.callback()),
                            candidate.model_file_bytes, candidate.model_parameters});
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInterrupted) throw;
      // One that fails leaves its row out.
      reporter.error(path, Error(e.kind(), candidate.name + ": " + e.what()));
    }
  }
  return table;
}

void show(const Options& options, Reporter& reporter, const CompareTable& table, bool first) {
  reporter.result(table_json(options, table));
  if (options.json) return;
  if (options.csv) return print((first ? csv_header() : "") + table_csv(table));
  print((first ? "" : "\n") + table_text(options, table));
}

}  // namespace

void run_compare(const Options& options, Reporter& reporter) {
  const Models models = models_of(options);
  const std::vector<Candidate> candidates = candidates_of(options, models);
  std::unique_ptr<PlotFile> plot;
  if (options.plot) plot = std::make_unique<PlotFile>(options);
  std::vector<CompareTable> tables;
  size_t seen = 0;
  bool measuring = false;  // remains true when a signal or a closed standard output ends it all
  reporter.for_each_file(options, [&](const std::string& path) {
    ++seen;
    InputFile input(path);
    const Bytes content = read_all(input);
    reporter.warn_if_changed(input);
    measuring = true;
    tables.push_back(compare_content(options, candidates, reporter, path, content));
    show(options, reporter, tables.back(), tables.size() == 1);
    measuring = false;
  });
  if (tables.empty() || measuring || seen < options.files.size()) return;
  if (tables.size() > 1) show(options, reporter, total_of(tables), false);
  if (plot) plot->draw(table_plot(tables));
}

}  // namespace llmz
