// SPDX-License-Identifier: Apache-2.0
// The training loop: packs in, checkpoints and a log out.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "train/dataset.h"
#include "train/network.h"
#include "train/optimizer.h"

namespace llmz::train {

struct TrainSettings {
  ModelConfig model;
  OptimizerSettings optimizer;
  size_t sequence_tokens = 1024;  // a multiple of the window
  size_t batch_sequences = 8;  // even
  size_t threads = 2;
  double seconds = 3600;          // of training, pauses of the process not counted
  double warmup_steps = 100;
  double decay_from = 0.45;       // fraction of the time after which the rates fall linearly to zero
  double rounding_from = 0.5;     // fraction of the time after which activations and weights lie on their grids
  double report_seconds = 30;
  double checkpoint_seconds = 180;
  uint64_t seed = 1;
  std::string checkpoint_path;    // resumed from where it exists
};

struct TrainProgress {
  int64_t step = 0;
  double elapsed_seconds = 0, total_seconds = 0;
  uint64_t tokens = 0;
  double loss_bits_per_token = 0;       // mean since the last report
  double held_out_bits_per_byte = 0;
  double tokens_per_second = 0;
};

// Trains until the time is used up or `stop` becomes true, then writes the checkpoint. Returns the parameters.
Parameters train(const TokenPack& data, const TokenPack& held_out, const TrainSettings& settings,
                 const std::function<void(const TrainProgress&)>& report, const std::atomic<bool>& stop);

// Parameters of a checkpoint file alone.
Parameters load_parameters(const std::string& checkpoint_path, const ModelConfig& config);

// Mean bits per byte of the pack's first `limit` tokens, in windows of settings.sequence_tokens that start without context.
double held_out_bits_per_byte(const Parameters& parameters, const TokenPack& pack, const TrainSettings& settings,
                              bool rounding, size_t limit);

}  // namespace llmz::train
