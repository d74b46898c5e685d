// SPDX-License-Identifier: Apache-2.0
#include "llmz_lab/scores.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "base/csv.h"

namespace llmz {
namespace {

[[noreturn]] void refuse(size_t line, const std::string& what) {
  throw Error(ErrorKind::kUsage, "line " + std::to_string(line) + ": " + what);
}

double parse_value(const std::string& text, size_t line, const std::string& column) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0 || !std::isfinite(value))
    refuse(line, "column " + column + " takes a number, not \"" + text + "\"");
  return value;
}

struct Columns {
  std::optional<size_t> area, model, compression, average;
  std::vector<size_t> benchmarks;
};

Columns columns_of(const CsvRow& header, bool compression_needed) {
  Columns columns;
  const auto set = [&](std::optional<size_t>& column, size_t i) {
    if (column) refuse(header.line, "a second column \"" + header.fields[i] + "\"");
    column = i;
  };
  for (size_t i = 0; i < header.fields.size(); ++i) {
    const std::string& name = header.fields[i];
    if (name == "area") {
      set(columns.area, i);
    } else if (name == "model") {
      set(columns.model, i);
    } else if (name == "average") {
      set(columns.average, i);
    } else if (name == "bpc" || name == "bits_per_character" || name == "bits_per_byte" ||
               name == "ratio") {
      set(columns.compression, i);
    } else {
      columns.benchmarks.push_back(i);
    }
  }
  if (!columns.model) refuse(header.line, "no column \"model\"");
  if (compression_needed && !columns.compression)
    refuse(header.line,
           "no column of compression: bpc, bits_per_character, bits_per_byte or ratio");
  if (!columns.average && columns.benchmarks.empty()) refuse(header.line, "no column of scores");
  return columns;
}

ScoredModel model_of(const CsvRow& row, const CsvRow& header, const Columns& columns,
                     const MeasuredCompression* measured) {
  if (row.fields.size() != header.fields.size())
    refuse(row.line, std::to_string(header.fields.size()) + " fields expected, found " +
                         std::to_string(row.fields.size()));
  const auto value = [&](size_t column) {
    return parse_value(row.fields[column], row.line, header.fields[column]);
  };
  ScoredModel model;
  if (columns.area) model.area = row.fields[*columns.area];
  model.model = row.fields[*columns.model];
  model.compression = measured ? measured->of_model.at(model.model) : value(*columns.compression);
  double sum = 0;
  unsigned count = 0;
  for (size_t column : columns.benchmarks) {
    model.scores.emplace_back();
    if (row.fields[column].empty()) continue;
    model.scores.back() = value(column);
    sum += *model.scores.back();
    ++count;
  }
  if (columns.average) {
    model.average = value(*columns.average);
  } else {
    if (count == 0) refuse(row.line, "no score");
    model.average = sum / count;
  }
  return model;
}

bool is_measured(const CsvRow& row, const Columns& columns, const MeasuredCompression& measured) {
  return row.fields.size() > *columns.model &&
         measured.of_model.count(row.fields[*columns.model]) > 0;
}

void make_fractions(ScoreTable& table) {
  double most = 0;
  for (const ScoredModel& model : table.models) {
    most = std::max(most, model.average);
    for (const auto& score : model.scores) most = std::max(most, score.value_or(0));
  }
  if (most <= 1) return;
  for (ScoredModel& model : table.models) {
    model.average /= 100;
    for (auto& score : model.scores)
      if (score) *score /= 100;
  }
}

using Without = std::vector<std::pair<std::string, std::string>>;

bool left_out(const Without& without, const std::string& area, const std::string& model) {
  return std::any_of(without.begin(), without.end(), [&](const auto& pair) {
    return (pair.first.empty() || pair.first == area) &&
           model.find(pair.second) != std::string::npos;
  });
}

void check_without(const ScoreTable& table, const Without& without) {
  for (const auto& pair : without) {
    const bool used = std::any_of(
        table.models.begin(), table.models.end(),
        [&](const ScoredModel& model) { return left_out({pair}, model.area, model.model); });
    if (!used)
      throw Error(ErrorKind::kUsage,
                  "--without: no model has \"" + pair.second + "\" in its name" +
                      (pair.first.empty() ? "" : " in area \"" + pair.first + "\""));
  }
}

std::vector<std::string> areas_of(const ScoreTable& table) {
  std::vector<std::string> areas;  // in the order of the table
  for (const ScoredModel& model : table.models)
    if (std::find(areas.begin(), areas.end(), model.area) == areas.end())
      areas.push_back(model.area);
  return areas;
}

void add(Correlation& to, const std::string& model, double compression, double score) {
  to.models.push_back(model);
  to.compression.push_back(compression);
  to.scores.push_back(score);
}

Correlation overall(const ScoreTable& table, const std::vector<std::string>& areas,
                    const Without& without) {
  Correlation result{"overall", "average", {}, {}, {}, {}};
  std::map<std::string, std::vector<const ScoredModel*>> by_name;
  for (const ScoredModel& model : table.models) by_name[model.model].push_back(&model);
  for (const auto& [name, entries] : by_name) {
    if (entries.size() != areas.size() || left_out(without, "", name)) continue;
    double compression = 0, score = 0;
    for (const ScoredModel* entry : entries) {
      compression += entry->compression;
      score += entry->average;
    }
    const auto count = static_cast<double>(areas.size());
    add(result, name, compression / count, score / count);
  }
  return result;
}

}  // namespace

ScoreTable read_scores(ByteView csv, const MeasuredCompression* measured) {
  const std::vector<CsvRow> rows = read_csv(csv);
  if (rows.empty()) throw Error(ErrorKind::kUsage, "is empty: a header line is expected");
  const Columns columns = columns_of(rows[0], measured == nullptr);
  ScoreTable table;
  table.compression_name = measured ? measured->name : rows[0].fields[*columns.compression];
  for (size_t column : columns.benchmarks) table.benchmarks.push_back(rows[0].fields[column]);
  std::map<std::pair<std::string, std::string>, size_t> lines;
  for (size_t i = 1; i < rows.size(); ++i) {
    if (measured && !is_measured(rows[i], columns, *measured)) continue;
    ScoredModel model = model_of(rows[i], rows[0], columns, measured);
    const auto [first, is_new] = lines.insert({{model.area, model.model}, rows[i].line});
    if (!is_new)
      refuse(rows[i].line,
             "model " + model.model + " stands in line " + std::to_string(first->second) + " too");
    table.models.push_back(std::move(model));
  }
  if (measured && table.models.empty())
    throw Error(ErrorKind::kUsage, "none of its models was measured");
  make_fractions(table);
  return table;
}

std::vector<Correlation> correlations(const ScoreTable& table, const Without& without) {
  constexpr size_t kFewest = 3;
  check_without(table, without);
  std::vector<Correlation> found;
  const auto keep = [&](Correlation one) {
    if (one.models.size() < kFewest) return;
    one.fit = fit_line(one.compression, one.scores);
    found.push_back(std::move(one));
  };
  const std::vector<std::string> areas = areas_of(table);
  for (const std::string& area : areas) {
    Correlation average{area, "average", {}, {}, {}, {}};
    std::vector<Correlation> of_benchmarks;
    for (const std::string& name : table.benchmarks)
      of_benchmarks.push_back({area, name, {}, {}, {}, {}});
    for (const ScoredModel& model : table.models) {
      if (model.area != area || left_out(without, area, model.model)) continue;
      add(average, model.model, model.compression, model.average);
      for (size_t i = 0; i < model.scores.size(); ++i)
        if (model.scores[i])
          add(of_benchmarks[i], model.model, model.compression, *model.scores[i]);
    }
    keep(std::move(average));
    for (Correlation& one : of_benchmarks) keep(std::move(one));
  }
  if (areas.size() > 1) keep(overall(table, areas, without));
  if (found.empty())
    throw Error(ErrorKind::kUsage, "a correlation needs three models or more, found " +
                                       std::to_string(table.models.size()));
  return found;
}

}  // namespace llmz
