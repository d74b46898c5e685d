// SPDX-License-Identifier: Apache-2.0
// llmz rank
#include <filesystem>
#include <memory>

#include "base/csv.h"
#include "base/program_folder.h"
#include "cli/cluster_run.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/plot.h"
#include "cli/rank_models.h"
#include "cli/shared_rows.h"
#include "cli/text.h"
#include "llmz_lab/scores.h"

namespace llmz {
namespace {

constexpr char kPublished[] = "published";
constexpr char kPublishedFile[] = "compression-and-intelligence.csv";

// The shipped table lies beside the models: in the installation, or in the source tree of a program
// in its build tree.
std::string published_path() {
  namespace fs = std::filesystem;
  const fs::path program = program_folder();
  if (program.empty()) throw Error(ErrorKind::kIo, "the program cannot find its own folder");
  const fs::path installed = program / "../share/llmz" / kPublishedFile;
  std::error_code ignored;  // what may not be read is not there
  if (fs::exists(installed, ignored)) return installed.lexically_normal().string();
  if (fs::exists(program / "CMakeCache.txt", ignored))
    return std::string(LLMZ_SOURCE_SHARE) + "/" + kPublishedFile;
  throw Error(ErrorKind::kIo,
              "the published table is not installed; looked for " + installed.string());
}

ScoreTable read_table(const std::string& path, const MeasuredCompression* measured) {
  return read_scores(read_all(path == kPublished ? published_path() : path), measured);
}

struct Correlations {
  std::string compression_name;
  std::vector<Correlation> fits;
};

Correlations correlations_of(const ScoreTable& table, const Options& options) {
  return {table.compression_name, correlations(table, options.without)};
}

// "knowledge, MMLU"; the average alone is the area's name.
std::string name_of(const Correlation& one) {
  if (one.area.empty()) return one.score;
  return one.score == "average" ? one.area : one.area + ", " + one.score;
}

std::string text_of(const std::vector<Correlation>& found, const std::string& x) {
  size_t width = 6;
  for (const Correlation& one : found) width = std::max(width, name_of(one).size());
  std::string text =
      "scores" + std::string(width - 6, ' ') + "  models  Pearson r  Spearman    RMSE  line\n";
  for (const Correlation& one : found) {
    const LinearFit& fit = one.fit;
    const std::string name = name_of(one);
    text += name + std::string(width - name.size(), ' ') +
            format_number("  %6zu", one.models.size()) + format_number("  %9.4f", fit.pearson_r) +
            format_number("  %8.4f", fit.spearman) + format_number("  %6.4f", fit.rmse) +
            format_number("  %.3f", fit.intercept) + (fit.slope < 0 ? " - " : " + ") +
            format_number("%.3f ", std::abs(fit.slope)) + x + "\n";
  }
  return text;
}

Json json_of(const Correlation& one) {
  Json models = Json::array();
  for (size_t i = 0; i < one.models.size(); ++i)
    models.push_back(
        {{"model", one.models[i]}, {"compression", one.compression[i]}, {"score", one.scores[i]}});
  return {{"area", one.area},
          {"score", one.score},
          {"pearson_r", one.fit.pearson_r},
          {"spearman", one.fit.spearman},
          {"rmse", one.fit.rmse},
          {"intercept", one.fit.intercept},
          {"slope", one.fit.slope},
          {"models", std::move(models)}};
}

std::string csv_of(const std::vector<Correlation>& found) {
  std::string text = "area,score,models,pearson_r,spearman,rmse,intercept,slope\n";
  for (const Correlation& one : found) {
    text +=
        csv_field(one.area) + "," + csv_field(one.score) + "," + std::to_string(one.models.size());
    for (double value :
         {one.fit.pearson_r, one.fit.spearman, one.fit.rmse, one.fit.intercept, one.fit.slope})
      text += format_number(",%.6f", value);
    text += "\n";
  }
  return text;
}

// The averages only: each area's points in a colour, with its line.
std::string plot_of(const std::vector<Correlation>& found, const std::string& x) {
  std::string blocks, plots;
  int number = 0;
  for (const Correlation& one : found) {
    if (one.score != "average") continue;
    ++number;
    const std::string block = "$data" + std::to_string(number);
    const auto [least, most] = std::minmax_element(one.compression.begin(), one.compression.end());
    std::string points, line;
    for (size_t i = 0; i < one.models.size(); ++i)
      points += format_number("%.6f", one.compression[i]) +
                format_number("\t%.6f\n", 100 * one.scores[i]);
    for (double end : {*least, *most})
      line += format_number("%.6f", end) +
              format_number("\t%.6f\n", 100 * (one.fit.intercept + one.fit.slope * end));
    blocks += plot_block(block, points) + plot_block(block + "line", line);
    plots += (number == 1 ? "" : ", ") + block + " using 1:2 with points pt 7 ps 0.7 lc " +
             std::to_string(number) + " title '" + plot_text(name_of(one)) +
             format_number(", r = %.3f'", one.fit.pearson_r) + ", " + block +
             "line using 1:2 with lines lw 2 lc " + std::to_string(number) + " notitle";
  }
  return std::string(kPlotData) + blocks + "set xlabel '" + plot_text(x) +
         "'\nset ylabel 'average score, %'\nset grid\nset key outside right top\nplot " + plots +
         "\n";
}

}  // namespace

void run_rank(const Options& given, Reporter& reporter) {
  const Options options = with_own_threads(given);
  if (is_member()) return serve_models(options);
  std::unique_ptr<PlotFile> plot;
  if (options.plot) {
    if (!options.scores && !(options.measure.tasks && options.measure.protocol))
      throw Error(ErrorKind::kUsage,
                  "--plot draws scores against compression: it needs --scores, or --tasks with "
                  "--protocol");
    plot = std::make_unique<PlotFile>(options);
  }
  std::vector<RankedModel> models;
  const bool measures = options.measure.protocol || options.measure.tasks;
  if (measures) {
    models = measure_models(options, reporter);
    for (const RankedModel& model : models) reporter.result(ranked_json(options, model));
    if (models.empty()) return;
    if (options.csv) print(ranked_csv(options, models));
    if (!options.csv && !options.json) print(ranked_text(options, models));
  }
  Correlations found;
  if (options.scores) {
    try {
      const MeasuredCompression measured = compression_of(options, models);
      found = correlations_of(
          read_table(*options.scores, options.measure.protocol ? &measured : nullptr), options);
    } catch (const Error& e) {
      return reporter.error(*options.scores, e);
    }
  } else if (options.measure.tasks && options.measure.protocol) {
    if (models.size() < 3 && !plot) return;  // too few for a line
    found = correlations_of(task_scores(options, models), options);
  } else {
    return;
  }
  for (const Correlation& one : found.fits) reporter.result(json_of(one));
  if (plot) plot->draw(plot_of(found.fits, found.compression_name));
  if (options.csv) print((measures ? "\n" : "") + csv_of(found.fits));
  if (!options.csv && !options.json)
    print((measures ? "\n" : "") + text_of(found.fits, found.compression_name));
}

}  // namespace llmz
