// SPDX-License-Identifier: Apache-2.0
// The network of network.h as a plain composition of libtorch operations, with its autograd: what
// trains on a GPU, what network.h is tested against, and the baseline of bench/train_speed.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "train/network.h"

namespace llmz::train {

// Throws kUsage when the device is not there.
void move_to_device(Parameters& parameters, const std::string& device);

// Both run on the parameters' device; on a GPU everything but the residual stream is bfloat16, on a
// processor float32.
// `tokens` as in network.h, on any device.

// The sum of -ln p.
double plain_loss(const ModelConfig& config, const Parameters& parameters,
                  const torch::Tensor& tokens, bool rounding);

// The mean of -ln p, and its gradients (float32). On a GPU they are still being computed when this
// returns: whoever reads the mean waits for it.
torch::Tensor plain_gradients(const ModelConfig& config, const Parameters& parameters,
                              const torch::Tensor& tokens, bool rounding,
                              std::vector<torch::Tensor>& gradients);

}  // namespace llmz::train
