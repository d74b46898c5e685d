// SPDX-License-Identifier: Apache-2.0
// The training loop: packs in, checkpoints and a log out.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "train/dataset.h"
#include "train/network.h"
#include "train/optimizer.h"
#include "train/settings.h"

namespace llmz::train {

// Trains until the time is used up or `stop` becomes true, then writes the checkpoint. Returns the
// parameters.
Parameters train(const TokenPack& data, const TokenPack& held_out, const TrainSettings& settings,
                 const std::function<void(const TrainProgress&)>& report,
                 const std::atomic<bool>& stop);

// Parameters of a checkpoint file alone.
Parameters load_parameters(const std::string& checkpoint_path, const ModelConfig& config);

// Mean bits per byte of the pack's first `limit` tokens, in windows of settings.sequence_tokens
// that start without context; not a number when the pack is shorter than one of them.
double held_out_bits_per_byte(const Parameters& parameters, const TokenPack& pack,
                              const TrainSettings& settings, bool rounding, size_t limit);

}  // namespace llmz::train
