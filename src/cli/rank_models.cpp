// SPDX-License-Identifier: Apache-2.0
#include "cli/rank_models.h"

#include <algorithm>

#include "cli/measure_model.h"
#include "cli/progress.h"
#include "cli/rank_results.h"
#include "cli/shared_rows.h"

namespace llmz {
namespace {

RowWork rows_of_models(const Options& options, const std::vector<std::string>& names,
                       Reporter& reporter) {
  const auto data = std::make_shared<const RankData>(read_rank_data(options, reporter));
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
  const RankData data = read_rank_data(options, reporter);
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
