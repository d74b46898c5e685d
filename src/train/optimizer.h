// SPDX-License-Identifier: Apache-2.0
// Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) for matrices, AdamW for everything else.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/network.h"

namespace llmz::train {

struct OptimizerSettings {
  double muon_rate = 0.02;
  double adam_rate = 0.004;
  double momentum = 0.95;
  double weight_decay = 0.01;  // of the matrices, multiplied by the rate
};

class Optimizer {
 public:
  Optimizer(const Parameters& parameters, OptimizerSettings settings);
  // One step with the rates multiplied by `factor`. gradients: float32, in the order of the parameters.
  void step(Parameters& parameters, const std::vector<torch::Tensor>& gradients, double factor);

  // What a checkpoint holds: first moments, second moments (empty tensors for matrices), the number of steps taken.
  std::vector<torch::Tensor> first, second;
  int64_t steps = 0;

 private:
  OptimizerSettings settings_;
};

}  // namespace llmz::train
