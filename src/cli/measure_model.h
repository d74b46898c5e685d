// SPDX-License-Identifier: Apache-2.0
// One model on the data of a protocol and on tasks, or what the cache has of that.
#pragma once

#include <vector>

#include "cli/rank_models.h"
#include "cli/result_cache.h"

namespace llmz {

// What all models are measured on.
struct RankData {
  std::vector<Bytes> files;
  std::vector<Task> tasks;
  uint64_t files_hash = 0, tasks_hash = 0;
};

RankData read_rank_data(const Options& options, Reporter& reporter);

RankedModel measure_model(const Options& options, const std::string& given, const RankData& data,
                          const ResultCache& cache);

}  // namespace llmz
