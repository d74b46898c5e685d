// SPDX-License-Identifier: Apache-2.0
// Tables of models: how well they compress, and how they score in benchmarks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "llmz/bytes.h"
#include "llmz/error.h"
#include "llmz_lab/correlation.h"

namespace llmz {

// One model in one area.
struct ScoredModel {
  std::string area;  // empty where the table has no areas
  std::string model;
  double compression = 0;  // what the table's column of that says: bits per character, ratio
  std::vector<std::optional<double>> scores;  // as `benchmarks` of the table, 0 to 1; nullopt: none
  double average = 0;  // of column "average" if there is one, else the mean of the scores
};

struct ScoreTable {
  std::string compression_name;  // "bpc"
  std::vector<std::string> benchmarks;
  std::vector<ScoredModel> models;
};

// Compression of models by name, as measured here.
struct MeasuredCompression {
  std::string name;  // of the measure: "ratio", "bits_per_character", ...
  std::map<std::string, double> of_model;
};

// Reads comma-separated values (RFC 4180) with a header. Columns, in any order: "model"; one of
// "bpc", "bits_per_character", "bits_per_byte", "ratio"; perhaps "area", "average"; every other one
// is a benchmark, empty where a model has no score. Scores above 1 anywhere make all scores of the
// table percentages. Throws Error{kUsage} that names the line.
//
// With `measured`, compression is taken from there instead: the table's own column of it is not
// needed, and not read; models that were not measured are left out. Throws where none is left.
ScoreTable read_scores(ByteView csv, const MeasuredCompression* measured = nullptr);

// What was fitted, point by point.
struct Correlation {
  std::string area;   // "overall" for the mean over areas
  std::string score;  // "average", or a benchmark
  std::vector<std::string> models;
  std::vector<double> compression, scores;
  LinearFit fit;
};

// For each area the average score on compression, then each benchmark of it; where there are two
// areas or more, at last "overall": of the models that are in all areas, the mean of compression
// and of average score over the areas, with equal weight (as in Huang et al. 2024).
// without: pairs of area and a part of a model's name, left out of that area's fits, but not of
// "overall"; an empty area means all, "overall" too. What has fewer than three models is left out.
std::vector<Correlation> correlations(
    const ScoreTable& table, const std::vector<std::pair<std::string, std::string>>& without);

}  // namespace llmz
