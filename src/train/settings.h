// SPDX-License-Identifier: Apache-2.0
// What a training is told, and what it tells; without libtorch.
#pragma once

#include <cstdint>
#include <string>

#include "exact/exact_model.h"

namespace llmz::train {

struct OptimizerSettings {
  double muon_rate = 0.02;
  double adam_rate = 0.004;
  double momentum = 0.95;
  double weight_decay = 0.01;  // of the matrices, multiplied by the rate
  double clip = 0;             // gradients of a larger norm are scaled down to it; 0: never
};

// What decides the weights of the flat part of a training; kept in the checkpoint, which another
// training with the same settings and data goes on from, however long either is.
struct TrainSettings {
  ModelConfig model;
  OptimizerSettings optimizer;
  uint64_t sequence_tokens = 1024;  // a multiple of the window
  uint64_t batch_sequences = 8;     // even
  uint64_t warmup_steps = 20;
  uint64_t seed = 1;
  uint64_t from = 0;  // the fingerprint of the model that it goes on from; 0: random weights
};

// How far a training goes: the flat part, in which the rates stay as they are, and the finish, in
// which they fall to zero and the weights learn to be rounded (trapezoidal schedule: Zhai et al.
// 2022, Haegele et al. 2024). In steps, or, where those of both parts are 0, in seconds of training
// (pauses of the process not counted).
struct Schedule {
  uint64_t flat_steps = 0, finish_steps = 0;
  double flat_seconds = 0, finish_seconds = 0;
  // Share of the finish after which weights and activations lie on their grids.
  double rounding_from = 0.1;

  bool in_steps() const { return flat_steps + finish_steps > 0; }
  // Without a finish there is no model at the end, only the checkpoint.
  bool has_finish() const { return in_steps() ? finish_steps > 0 : finish_seconds > 0; }
};

// How a training runs, which changes nothing about its result.
struct RunSettings {
  size_t threads = 2;
  std::string device = "cpu";  // or "cuda"
  double report_seconds = 30;
  double checkpoint_seconds = 180;
  std::string checkpoint_path;  // of the flat part; resumed from where it exists
};

// The checkpoint of the finish, which begins at that of the flat part and leaves it as it is.
inline std::string finish_path(const RunSettings& run) { return run.checkpoint_path + ".finish"; }

// The settings as lines "name value", the same text for the same settings; and back. Throws
// kCorrupt.
std::string to_text(const TrainSettings& settings);
TrainSettings parse_settings(const std::string& text);

// The same for a schedule, which may stand behind the settings.
std::string to_text(const Schedule& schedule);
Schedule parse_schedule(const std::string& text);

struct TrainProgress {
  bool end = false;  // of the whole training
  uint64_t step = 0;
  double elapsed_seconds = 0, total_seconds = 0;  // total_seconds: estimated where steps decide
  uint64_t tokens = 0;
  double loss_bits_per_token = 0;     // mean since the last report
  double held_out_bits_per_byte = 0;  // not a number without enough held-out text
  double gradient_norm = 0;           // mean since the last report
  double rate = 0;                    // the share of the full learning rates
  double tokens_per_second = 0;
};

// Of the adaptive head, into the model: rate 0.0018, threshold 0.001. Measured with the default
// shape after 26M training tokens, on 200 KB of a novel and 200 KB of Wikipedia that were not
// trained on, in bytes: rate 14 * 1024: 37,075 and 40,099; 20: 36,955 and 40,081; 28: 36,875 and
// 40,094; 40: 36,855 and 40,163. (An earlier network, after 17M tokens: 33: 38,587 and 42,518; 66:
// 38,658 and 42,763.)
constexpr HeadLearning kDefaultLearning = {30 * 1024, 16777};

}  // namespace llmz::train
