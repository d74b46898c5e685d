// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <cmath>

namespace llmz::train {
namespace {

using torch::Tensor;

// The nearest semi-orthogonal matrix, by five Newton-Schulz steps with Jordan's coefficients.
Tensor orthogonalize(const Tensor& gradient) {
  const bool tall = gradient.size(0) > gradient.size(1);
  Tensor x = (tall ? gradient.t() : gradient).contiguous();
  x = (x / (x.norm() + 1e-7)).to(torch::kBFloat16);
  for (int i = 0; i < 5; ++i) {
    Tensor a = torch::mm(x, x.t());
    Tensor b = -4.7750 * a + 2.0315 * torch::mm(a, a);
    x = 3.4445 * x + torch::mm(b, x);
  }
  return (tall ? x.t() : x).to(torch::kFloat32);
}

}  // namespace

Optimizer::Optimizer(const Parameters& parameters, OptimizerSettings settings)
    : settings_(settings) {
  for (size_t i = 0; i < parameters.tensors.size(); ++i) {
    first.push_back(torch::zeros_like(parameters.tensors[i]));
    second.push_back(parameters.is_matrix[i] ? torch::empty({0})
                                             : torch::zeros_like(parameters.tensors[i]));
  }
}

void Optimizer::step(Parameters& parameters, const std::vector<Tensor>& gradients, double factor) {
  torch::NoGradGuard no_gradient;
  ++steps;
  for (size_t i = 0; i < gradients.size(); ++i) {
    Tensor& w = parameters.tensors[i];
    const Tensor& g = gradients[i];
    if (parameters.is_matrix[i]) {
      const double momentum =
          std::min(settings_.momentum, 0.85 + 0.1 * static_cast<double>(steps) / 300);
      first[i].lerp_(g, 1 - momentum);
      Tensor update = orthogonalize(torch::lerp(g, first[i], momentum));
      const double shape =
          std::sqrt(std::max(1.0, static_cast<double>(w.size(0)) / static_cast<double>(w.size(1))));
      w.mul_(1 - factor * settings_.muon_rate * settings_.weight_decay);
      w.add_(update, -factor * settings_.muon_rate * shape);
    } else {
      constexpr double kBeta1 = 0.9, kBeta2 = 0.99;
      first[i].lerp_(g, 1 - kBeta1);
      second[i].mul_(kBeta2).addcmul_(g, g, 1 - kBeta2);
      const double n = static_cast<double>(steps);
      const double rate = factor * settings_.adam_rate / (1 - std::pow(kBeta1, n));
      const double correction = 1 / std::sqrt(1 - std::pow(kBeta2, n));
      w.addcdiv_(first[i], second[i].sqrt().mul_(correction).add_(1e-10), -rate);
    }
  }
}

}  // namespace llmz::train
