// SPDX-License-Identifier: Apache-2.0
#include "cli/rank_models.h"

#include <algorithm>
#include <filesystem>

#include "base/csv.h"
#include "base/printable.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/result_cache.h"
#include "cli/shared_rows.h"

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

// What all models are measured on.
struct Data {
  std::vector<Bytes> files;
  std::vector<Task> tasks;
  uint64_t files_hash = 0, tasks_hash = 0;
};

Data read_data(const Options& options, Reporter& reporter) {
  Data data;
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

ProtocolResult protocol_from(const Json& json) {
  ProtocolResult result;
  result.tally.content_bytes = json.at("content_bytes");
  result.tally.characters = json.at("characters");
  result.tally.tokens = json.at("tokens");
  result.tally.sequences = json.at("texts");
  result.tally.bits = json.at("bits");
  result.window = json.at("window");
  return result;
}

TaskResult tasks_from(const Json& json) {
  TaskResult result;
  result.tasks = json.at("tasks");
  result.right = json.at("right");
  result.right_per_byte = json.at("right_per_byte");
  result.chance = json.at("chance");
  return result;
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
  return is_hugging_face_directory(given) ? path.filename().string() : path.stem().string();
}

RankedModel measure_model(const Options& options, const std::string& given, const Data& data,
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

Json json_of(const RankedModel& ranked) {
  const LanguageModel::Description& about = ranked.about;
  Json json = {{"name", ranked.name},
               {"about",
                {about.name, about.arithmetic, about.fingerprint, about.parameters,
                 about.weight_bytes, about.vocabulary, about.max_context}}};
  if (ranked.protocol) json["protocol"] = json_of(*ranked.protocol);
  if (ranked.tasks) json["tasks"] = json_of(*ranked.tasks);
  return json;
}

RankedModel ranked_from(const Json& json) {
  RankedModel ranked;
  ranked.name = json.at("name");
  const Json& about = json.at("about");
  ranked.about = {about[0], about[1], about[2], about[3], about[4], about[5], about[6]};
  if (json.contains("protocol")) ranked.protocol = protocol_from(json.at("protocol"));
  if (json.contains("tasks")) ranked.tasks = tasks_from(json.at("tasks"));
  return ranked;
}

RowWork rows_of_models(const Options& options, const std::vector<std::string>& names,
                       Reporter& reporter) {
  const auto data = std::make_shared<const Data>(read_data(options, reporter));
  return [&options, names, data](size_t row, const Progress&) {
    return json_of(
        measure_model(options, names.at(row), *data, ResultCache(options.measure.use_cache)));
  };
}

std::vector<RankedModel> measure_shared(const Options& options, Reporter& reporter,
                                        const std::vector<std::string>& names) {
  std::vector<RankedModel> ranked;
  ProgressBar bar(options, std::nullopt, "");
  Reporter unheard = reporter.aside();
  share_rows(
      names, names.size(),
      [&](const std::vector<std::string>& given) {
        return rows_of_models(options, given, unheard);
      },
      [&](size_t row, const SharedRow& made) {
        if (made.error) return reporter.error(names[row], *made.error);
        ranked.push_back(ranked_from(made.value));
      },
      bar.callback());
  return ranked;
}

std::vector<RankedModel> measure_here(const Options& options, Reporter& reporter,
                                      const std::vector<std::string>& names) {
  const Data data = read_data(options, reporter);
  const ResultCache cache(options.measure.use_cache);
  std::vector<RankedModel> ranked;
  for (const std::string& name : names) {
    try {
      ranked.push_back(measure_model(options, name, data, cache));
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInterrupted) throw;
      reporter.error(name, e);
    }
  }
  return ranked;
}

std::vector<std::string> names_of(const Options& options) {
  if (!options.measure.models.empty()) return options.measure.models;
  std::vector<std::string> names;
  for (const ModelInfo& info : models_of(options).list()) names.push_back(info.path);
  if (names.empty())
    throw Error(ErrorKind::kModelMissing, "no model is installed; name one with -m");
  return names;
}

}  // namespace

Json json_of(const ProtocolResult& result) {
  return {{"content_bytes", result.tally.content_bytes},
          {"characters", result.tally.characters},
          {"tokens", result.tally.tokens},
          {"texts", result.tally.sequences},
          {"bits", result.tally.bits},
          {"window", result.window}};
}

Json json_of(const TaskResult& result) {
  return {{"tasks", result.tasks},
          {"right", result.right},
          {"right_per_byte", result.right_per_byte},
          {"chance", result.chance}};
}

ProtocolSettings settings_of(const Options& options) {
  ProtocolSettings settings;
  settings.protocol = *options.measure.protocol;
  settings.most_texts = options.measure.limit;
  if (options.chunk_bytes > 0) settings.chunk_bytes = options.chunk_bytes;
  settings.documents = options.measure.documents.value_or(DocumentsBy::kFile);
  return settings;
}

void serve_models(const Options& options) {
  Reporter unheard = Reporter(false, true, "").aside();
  serve_rows([&](const std::vector<std::string>& names) {
    return rows_of_models(options, names, unheard);
  });
}

std::vector<RankedModel> measure_models(const Options& options, Reporter& reporter) {
  const std::vector<std::string> names = names_of(options);
  std::vector<RankedModel> ranked = shares_rows() ? measure_shared(options, reporter, names)
                                                  : measure_here(options, reporter, names);
  std::stable_sort(ranked.begin(), ranked.end(), [](const RankedModel& a, const RankedModel& b) {
    if (a.protocol) return a.protocol->bits_per_byte() < b.protocol->bits_per_byte();
    return a.tasks->right > b.tasks->right;
  });
  return ranked;
}

MeasuredCompression compression_of(const Options& options, const std::vector<RankedModel>& models) {
  MeasuredCompression measured;
  switch (options.measure.protocol.value_or(Protocol::kChunks)) {
    case Protocol::kText8:
      measured.name = "ratio";
      break;
    case Protocol::kBitsPerCharacter:
      measured.name = "bits_per_character";
      break;
    default:
      measured.name = "bits_per_byte";
  }
  for (const RankedModel& m : models) {
    if (!m.protocol) continue;
    measured.of_model[m.name] = measured.name == "ratio" ? m.protocol->ratio()
                                : measured.name == "bits_per_byte"
                                    ? m.protocol->bits_per_byte()
                                    : m.protocol->bits_per_character();
  }
  return measured;
}

ScoreTable task_scores(const Options& options, const std::vector<RankedModel>& models) {
  const MeasuredCompression measured = compression_of(options, models);
  ScoreTable table;
  table.compression_name = measured.name;
  table.benchmarks = {"per byte"};
  for (const RankedModel& m : models) {
    if (!m.protocol || !m.tasks) continue;
    const auto all = static_cast<double>(m.tasks->tasks);
    table.models.push_back({"tasks",
                            m.name,
                            measured.of_model.at(m.name),
                            {static_cast<double>(m.tasks->right_per_byte) / all},
                            static_cast<double>(m.tasks->right) / all});
  }
  return table;
}

}  // namespace llmz
