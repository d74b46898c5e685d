// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <torch/utils.h>

#include <cmath>

#include "train/parallel.h"

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
    second.push_back(parameters.is_matrix[i] ? torch::empty({0}, parameters.tensors[i].options())
                                             : torch::zeros_like(parameters.tensors[i]));
  }
}

double Optimizer::step(Parameters& parameters, const std::vector<Tensor>& gradients, double factor,
                       size_t threads) {
  ++steps;
  std::vector<Tensor> squares(gradients.size());
  parallel(threads, gradients.size(), [&](size_t i) {
    torch::NoGradGuard no_gradient;
    squares[i] = gradients[i].square().sum(torch::kFloat64);
  });
  const double norm = std::sqrt(torch::stack(squares).sum().item<double>());
  const double scale = settings_.clip > 0 && norm > settings_.clip ? settings_.clip / norm : 1;
  parallel(threads, gradients.size(), [&](size_t i) {
    torch::NoGradGuard no_gradient;
    update(i, parameters.tensors[i], scale < 1 ? gradients[i] * scale : gradients[i],
           parameters.is_matrix[i], factor);
  });
  return norm;
}

void Optimizer::update(size_t i, Tensor& w, const Tensor& g, bool is_matrix, double factor) {
  if (is_matrix) {
    const double momentum =
        std::min(settings_.momentum, 0.85 + 0.1 * static_cast<double>(steps) / 300);
    first[i].lerp_(g, 1 - momentum);
    Tensor step = orthogonalize(torch::lerp(g, first[i], momentum));
    const double shape =
        std::sqrt(std::max(1.0, static_cast<double>(w.size(0)) / static_cast<double>(w.size(1))));
    w.mul_(1 - factor * settings_.muon_rate * settings_.weight_decay);
    w.add_(step, -factor * settings_.muon_rate * shape);
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

}  // namespace llmz::train
