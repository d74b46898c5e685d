// SPDX-License-Identifier: Apache-2.0
// The measuring half of llmz rank: models, one after another, on the data of a protocol and on
// tasks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/report.h"
#include "llmz_lab/scores.h"
#include "llmz_lab/tasks.h"

namespace llmz {

struct RankedModel {
  std::string name;
  LanguageModel::Description about;
  std::optional<ProtocolResult> protocol;
  std::optional<TaskResult> tasks;
};

// As the options say.
ProtocolSettings settings_of(const Options& options);

// Of a process that another one leads: measures what it is given.
void serve_models(const Options& options);

// The models of -m, else all that are installed. One that fails is reported and left out. Best
// compression first (else the most tasks right).
std::vector<RankedModel> measure_models(const Options& options, Reporter& reporter);

std::string ranked_text(const Options& options, const std::vector<RankedModel>& models);
std::string ranked_csv(const Options& options, const std::vector<RankedModel>& models);
Json ranked_json(const Options& options, const RankedModel& model);

// What the protocol measures, by model.
MeasuredCompression compression_of(const Options& options, const std::vector<RankedModel>& models);
// The share of tasks right as a score; no models where there are no tasks or no protocol.
ScoreTable task_scores(const Options& options, const std::vector<RankedModel>& models);

}  // namespace llmz
