// SPDX-License-Identifier: Apache-2.0
// Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) for matrices, with weight
// decay; Adam for everything else.
#pragma once

#include <torch/types.h>

#include <vector>

#include "train/network.h"
#include "train/settings.h"

namespace llmz::train {

class Optimizer {
 public:
  Optimizer(const Parameters& parameters, OptimizerSettings settings);
  // One step with the rates multiplied by `factor`. gradients: float32, in the order of the
  // parameters. On the processor, the result does not depend on the number of threads. Returns the
  // norm of all gradients together, before they are clipped.
  double step(Parameters& parameters, const std::vector<torch::Tensor>& gradients, double factor,
              size_t threads);

  // What a checkpoint holds: first moments, second moments (empty tensors for matrices), the number
  // of steps taken.
  std::vector<torch::Tensor> first, second;
  int64_t steps = 0;

 private:
  void update(size_t i, torch::Tensor& parameter, const torch::Tensor& gradient, bool is_matrix,
              double factor);
  OptimizerSettings settings_;
};

}  // namespace llmz::train
