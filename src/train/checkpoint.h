// SPDX-License-Identifier: Apache-2.0
// The state of a training in a file.
#pragma once

#include <string>
#include <vector>

#include "train/network.h"
#include "train/optimizer.h"
#include "train/settings.h"
#include "train/token_pack.h"

namespace llmz::train {

// What the weights come from, as text: the settings and a hash of the tokens.
std::string origin_text(const TrainSettings& settings, const TokenPack& data);

struct State {
  Parameters parameters;
  Optimizer optimizer;
  std::string origin;
  double elapsed_seconds = 0;
  uint64_t sequences_seen = 0;
  // Where the finish began; 0 in the flat part.
  int64_t finish_from_step = 0;
  double finish_from_seconds = 0;

  // Written beside `path` and renamed when it is whole: a full disk or a killed process leaves the
  // checkpoint that was there. Throws kIo.
  void save(const std::string& path) const;

  // Throws kIo, kCorrupt, and kUsage when the checkpoint has another origin.
  void load(const std::string& path);
  // Whether there is a checkpoint of this origin. Throws kCorrupt.
  bool can_load(const std::string& path) const;
};

// The parameters alone, with their settings, as export needs them.
struct Weights {
  TrainSettings settings;
  Parameters parameters;
};

// Writes PATH.0, PATH.1, ... of at most max_part_bytes each. Returns how many. Throws kIo.
size_t write_weights(const State& state, const std::string& path, size_t max_part_bytes);

// Reads a checkpoint, or the parts of write_weights in their order. Throws kIo and kCorrupt.
Weights read_weights(const std::vector<std::string>& paths);

}  // namespace llmz::train
