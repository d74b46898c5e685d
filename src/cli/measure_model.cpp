// SPDX-License-Identifier: Apache-2.0
#include "cli/measure_model.h"

#include <filesystem>

#include "base/printable.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/rank_results.h"

namespace llmz {
namespace {

// Errors of files do not name them.
template <class Work>
void naming(const std::string& path, Work&& work) {
  try {
    work();
  } catch (const Error& e) {
    throw Error(e.kind(), display_name(path) + ": " + e.what());
  }
}

Json key_of(const LanguageModel::Description& about, const Json& what, uint64_t data_hash) {
  return {{"version", 1},
          {"model", hexadecimal(about.fingerprint, 16)},
          {"arithmetic", about.arithmetic},
          {"what", what},
          {"data", hexadecimal(data_hash, 16)}};
}

Json key_of(const LanguageModel::Description& about, const ProtocolSettings& s, uint64_t hash) {
  return key_of(about,
                {{"protocol", protocol_name(s.protocol)},
                 {"texts", s.most_texts},
                 {"chunk", s.chunk_bytes},
                 {"documents", static_cast<int>(s.documents)}},
                hash);
}

// From the cache, else measured and kept there.
template <class Result, class From, class Measure>
Result cached(const ResultCache& cache, const Json& key, From&& from, Measure&& measure) {
  if (const auto stored = cache.find(key)) {
    try {
      return from(*stored);
    } catch (const Json::exception&) {  // of another version
    }
  }
  const Result result = measure();
  cache.keep(key, json_of(result));
  return result;
}

std::string short_name(const std::string& given) {
  std::filesystem::path path(given);
  if (!path.has_filename()) path = path.parent_path();  // "gpt2/"
  return is_checkpoint(given) ? path.filename().string() : path.stem().string();
}

}  // namespace

RankData read_rank_data(const Options& options, Reporter& reporter) {
  RankData data;
  if (options.measure.protocol) {
    Xxh3 hash;
    for (const std::string& path : options.files) {
      naming(path, [&] {
        InputFile input(path);
        data.files.push_back(read_all(input));
        reporter.warn_if_changed(input);
      });
      Bytes size;
      append_le(size, data.files.back().size(), 8);
      hash.update(size);
      hash.update(data.files.back());
    }
    data.files_hash = hash.digest();
  }
  if (options.measure.tasks) {
    naming(*options.measure.tasks, [&] {
      const Bytes lines = read_all(*options.measure.tasks);
      data.tasks_hash = xxh3_64(lines);
      data.tasks = read_tasks(lines);
    });
  }
  return data;
}

RankedModel measure_model(const Options& options, const std::string& given, const RankData& data,
                          const ResultCache& cache) {
  Options named = options;
  named.compress.model = given;
  MeasuredModel model = open_measured_model(given, models_of(named), options.compress.engine,
                                            options.measure.as_float);
  RankedModel ranked;
  ranked.name = short_name(given);
  ranked.about = model.model->description();
  if (options.measure.protocol) {
    const ProtocolSettings settings = settings_of(options);
    uint64_t bytes = 0;
    for (const Bytes& file : data.files) bytes += file.size();
    ranked.protocol = cached<ProtocolResult>(
        cache, key_of(ranked.about, settings, data.files_hash), protocol_from, [&] {
          ProgressBar bar(options, bytes, ranked.name, ranked.name + ": ");
          return run_protocol(settings, model, data.files, bar.callback());
        });
  }
  if (options.measure.tasks) {
    ranked.tasks =
        cached<TaskResult>(cache, key_of(ranked.about, "tasks", data.tasks_hash), tasks_from, [&] {
          ProgressBar bar(options, std::nullopt, ranked.name, ranked.name + ": ");
          return run_tasks(data.tasks, model, bar.callback());
        });
  }
  return ranked;
}

ProtocolSettings settings_of(const Options& options) {
  ProtocolSettings settings;
  settings.protocol = *options.measure.protocol;
  settings.most_texts = options.measure.limit;
  if (options.chunk_bytes > 0) settings.chunk_bytes = options.chunk_bytes;
  settings.documents = options.measure.documents.value_or(DocumentsBy::kFile);
  return settings;
}

}  // namespace llmz
