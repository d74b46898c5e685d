// SPDX-License-Identifier: Apache-2.0
// Weights on their way into products, and the products.
#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>

#include "hf/checkpoint.h"

namespace llmz::floating {

using at::Tensor;
using Activation = hf::Config::Activation;

// Where weights go. Copies of the loading code share one.
struct Target {
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;
  // What converted copies may still take; beyond it a weight is converted whenever it is used.
  std::shared_ptr<uint64_t> copies_bytes;

  // The same place in float32: for norms, biases, and heads on a GPU.
  Target in_float32() const { return {device, at::kFloat, copies_bytes}; }
};

// A matrix in the type that it is multiplied in.
class Weight {
 public:
  Weight() = default;
  // `transposed`: stored [inputs][outputs].
  Weight(const hf::TensorView& view, const Target& target, bool transposed = false);
  // float32 [outputs][inputs]
  Weight(const Tensor& matrix, const Target& target);

  bool present() const { return kept_.defined() || view_.elements > 0; }
  // As it is stored; converts, or not (above).
  Tensor get() const;
  bool transposed() const { return transposed_; }

 private:
  Tensor make() const;

  hf::TensorView view_;
  Target target_;
  bool transposed_ = false;
  Tensor kept_;
};

// A vector in float32, or an undefined tensor where the checkpoint has none.
Tensor load_vector(const hf::TensorView& view, const Target& target);

// Rows of a table, in float32 on the device.
Tensor load_rows(const hf::TensorView& table, const std::vector<uint64_t>& rows,
                 const Target& target);

// x [rows][inputs] times the matrix, plus bias [outputs] where defined, through the activation
// where there is one; all float32 but the factors themselves.
Tensor product(const Tensor& x, const Weight& weight, const Tensor& bias = {},
               std::optional<Activation> activation = {});
// The same with a matrix that get() has given.
Tensor product(const Tensor& x, const Tensor& matrix, bool transposed, const Tensor& bias,
               std::optional<Activation> activation = {});

}  // namespace llmz::floating
