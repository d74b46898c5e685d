// SPDX-License-Identifier: Apache-2.0
// Progress of a training as text; without any library.
#pragma once

#include <fstream>
#include <string>

#include "train/settings.h"

namespace llmz::train {

std::string to_line(const TrainProgress& progress);

// One JSON object without a line end; a value that is not a number is null.
std::string to_json(const TrainProgress& progress);

// Writes lines to standard error, unless `quiet`, and, where log_path is not empty, appends JSON
// lines to that file.
class Report {
 public:
  explicit Report(const std::string& log_path, bool quiet = false);  // throws kIo
  void operator()(const TrainProgress& progress);
  const TrainProgress& last() const { return last_; }

 private:
  bool quiet_;
  TrainProgress last_;
  std::ofstream log_;
};

}  // namespace llmz::train
