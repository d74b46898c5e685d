// SPDX-License-Identifier: Apache-2.0
// Multiple-choice tasks, scored by the log likelihood that a model gives to the choices: what
// HellaSwag, BoolQ and Winograd schemas need (Brown et al. 2020; Trinh and Le 2018).
#pragma once

#include <string>
#include <vector>

#include "llmz/compress.h"
#include "llmz/error.h"
#include "llmz_lab/measured_model.h"

namespace llmz {

struct Task {
  std::string context;
  std::vector<std::string> choices;
  // Where there is one, it is what is scored, after context and choice (Winograd schemas); else the
  // choice is.
  std::string ending;
  size_t answer = 0;
};

// One JSON object a line: "context", "choices" (two or more), "answer" (its number, from 0),
// perhaps "ending". The text is taken as it is, spaces included. Throws Error{kUsage} that names
// the line.
std::vector<Task> read_tasks(ByteView lines);

struct TaskResult {
  size_t tasks = 0;
  size_t right = 0;           // the fewest bits
  size_t right_per_byte = 0;  // the fewest bits for each byte scored
  double chance = 0;          // the share that guessing gets right
};

// Contexts that are too long for the model lose their beginning.
TaskResult run_tasks(const std::vector<Task>& tasks, MeasuredModel& model,
                     const Progress& progress);

}  // namespace llmz
