// SPDX-License-Identifier: Apache-2.0
// llmz compare
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "cli/cluster_run.h"
#include "cli/commands.h"
#include "cli/compare_table.h"
#include "cli/files.h"
#include "cli/plot.h"
#include "cli/progress.h"
#include "cli/shared_blocks.h"
#include "cli/shared_rows.h"
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
  candidates.reserve(others.size());
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

Json json_of(const Measurement& measured) {
  Json json = {{"content", measured.content_bytes},
               {"compressed", measured.compressed_bytes},
               {"seconds", {measured.compress_seconds, measured.decompress_seconds}}};
  if (measured.peak_memory_bytes) json["memory"] = *measured.peak_memory_bytes;
  return json;
}

Measurement measurement_of(const Json& json) {
  Measurement measured;
  measured.content_bytes = json.at("content");
  measured.compressed_bytes = json.at("compressed");
  measured.compress_seconds = json.at("seconds")[0];
  measured.decompress_seconds = json.at("seconds")[1];
  if (json.contains("memory")) measured.peak_memory_bytes = json.at("memory").get<uint64_t>();
  return measured;
}

// The rows of a file, named by its path.
RowWork rows_of_file(const std::vector<Candidate>& candidates, const std::string& path) {
  InputFile input(path);
  const auto content = std::make_shared<const Bytes>(read_all(input));
  return [&candidates, content](size_t row, const Progress& progress) {
    return json_of(candidates.at(row).measure(*content, progress));
  };
}

CompareTable compare_shared(const Options& options, const std::vector<Candidate>& candidates,
                            Reporter& reporter, const std::string& path, uint64_t content_bytes) {
  CompareTable table{display_name(path), path, content_bytes, {}};
  ProgressBar bar(options, std::nullopt, path);
  share_rows(
      {path}, candidates.size(),
      [&](const std::vector<std::string>& names) { return rows_of_file(candidates, names.at(0)); },
      [&](size_t row, const SharedRow& made) {
        const Candidate& candidate = candidates[row];
        if (made.error)
          return reporter.error(
              path, Error(made.error->kind(), candidate.name + ": " + made.error->what()));
        table.rows.push_back({candidate.name, measurement_of(made.value),
                              candidate.model_file_bytes, candidate.model_parameters});
      },
      bar.callback());
  return table;
}

void show(const Options& options, Reporter& reporter, const CompareTable& table, bool first) {
  reporter.result(table_json(options, table));
  if (options.json) return;
  if (options.csv) return print((first ? csv_header() : "") + table_csv(table));
  print((first ? "" : "\n") + table_text(options, table));
}

}  // namespace

void run_compare(const Options& given, Reporter& reporter) {
  const Options options = with_own_threads(given);
  const Models models = models_of(options);
  const std::vector<Candidate> candidates = candidates_of(options, models);
  if (is_member())
    return serve_rows([&](const std::vector<std::string>& names) {
      return rows_of_file(candidates, names.at(0));
    });
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
    const bool shared = shares_rows() && may_share(input);
    tables.push_back(shared ? compare_shared(options, candidates, reporter, path, content.size())
                            : compare_content(options, candidates, reporter, path, content));
    show(options, reporter, tables.back(), tables.size() == 1);
    measuring = false;
  });
  if (tables.empty() || measuring || seen < options.files.size()) return;
  if (tables.size() > 1) show(options, reporter, total_of(tables), false);
  if (plot) plot->draw(table_plot(tables));
}

}  // namespace llmz
