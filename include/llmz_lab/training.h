// SPDX-License-Identifier: Apache-2.0
// Training: texts in, a model file out.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "llmz/error.h"

namespace llmz {

// What a call of train_model() left.
struct Training {
  std::string help;        // the text of --help, if that was asked for, and then nothing else
  std::string model;       // the model file that was written; empty: none
  std::string checkpoint;  // holds the training, which the same call continues; empty: none
  int stopped_by = 0;      // the signal that ended it before its end; 0: none did
  uint64_t steps = 0, tokens = 0;
  double seconds = 0;
  double held_out_bits_per_byte = std::numeric_limits<double>::quiet_NaN();
};

// `llmz train` as a function; its arguments are its settings, some forty, as man llmz-train has
// them. Runs as long as these say, needs libtorch, writes files, and reports to standard error
// unless --quiet is among them. While it trains, SIGINT, SIGTERM and SIGHUP make it save a
// checkpoint and return. One at a time in a process. Throws kUsage, kIo, kModelMissing, kModelBad.
Training train_model(const std::vector<std::string>& arguments);

}  // namespace llmz
