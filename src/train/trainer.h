// SPDX-License-Identifier: Apache-2.0
// The training loop: packs in, checkpoints and a log out.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "train/checkpoint.h"
#include "train/network.h"
#include "train/settings.h"
#include "train/token_pack.h"

namespace llmz::train {

// Trains `initial` as far as the schedule says or until `stop` becomes true, with a checkpoint of
// each part, and returns what the last one holds. A flat part that has gone further already stays
// as it is. On the processor, in steps, the result is the same to the bit with any number of
// threads, interruptions and checkpoints. Throws kUsage (too little data, a device that is not
// there, a checkpoint of another training) and kIo.
State train(Parameters initial, const TokenPack& data, const TokenPack& held_out,
            const TrainSettings& settings, const Schedule& schedule, const RunSettings& run,
            const std::function<void(const TrainProgress&)>& report, const std::atomic<bool>& stop);

// One forward and backward pass over batch [sequences][length + 2] (an even number of sequences),
// on the processor. Pairs of sequences go to threads as they come free; their gradients are summed
// in the order of the pairs, whichever thread did them. Fills the mean gradients (float32), returns
// the mean loss in nats. weights: of prepare_weights().
double mean_gradients(const ModelConfig& model, const std::vector<torch::Tensor>& weights,
                      const torch::Tensor& batch, bool rounding, size_t threads,
                      std::vector<torch::Tensor>& gradients);

// Mean bits per byte of at most `limit` tokens of the pack, in windows of settings.sequence_tokens
// that start without context; not a number when the pack or the limit is shorter than one of them.
double held_out_bits_per_byte(const Parameters& parameters, const TokenPack& pack,
                              const TrainSettings& settings, size_t threads, bool rounding,
                              size_t limit);

}  // namespace llmz::train
