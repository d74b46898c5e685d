// SPDX-License-Identifier: Apache-2.0
// The command line of llmz train.
#pragma once

#include <string>
#include <vector>

#include "train/settings.h"

namespace llmz::train {

struct Command {
  std::vector<std::string> inputs;
  std::string config = "default", from, output, name, vocabulary, tokenizer, mixture, packs,
              write_packs, log, plot;
  std::string duration, finish = "0.55";  // --for, --finish
  uint64_t steps = 0, tokens = 0;
  double held_out = 0.01;
  bool export_weights = false, help = false, sequence_given = false;
  bool quiet = false, verbose = false, json = false;
  bool pairs_given = false, values_given = false;  // --pair-rows, --value-every
  TrainSettings settings;
  Schedule schedule;
  RunSettings run;

  bool byte_vocabulary() const { return vocabulary == "bytes"; }
};

// Throws kUsage, also for values that exclude each other or that no training can have.
Command parse_command(const std::vector<std::string>& arguments);

// Gives the training a shape, which with --from is that of a model: sequences that it can have, and
// the schedule. parse_command() has done so where there is no --from. Throws kUsage.
void take_shape(Command& command, const ModelConfig& model);

std::string help_text();

}  // namespace llmz::train
