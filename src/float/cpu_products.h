// SPDX-License-Identifier: Apache-2.0
// Products on processors by oneDNN, with what follows them done while their results are at hand.
// libtorch's own products in float32 depend on the BLAS that it finds, and take bfloat16 sums only
// rounded to bfloat16; its other operations read and write memory once more each.
#pragma once

#include <torch/types.h>

#include <optional>

#include "hf/config.h"

namespace llmz::floating {

using at::Tensor;

// What follows a product, in this order.
struct Finish {
  float scale = 1;
  Tensor bias;  // float32 [n], where defined; not of a batch
  std::optional<hf::Config::Activation> activation;
};

// a [m][k] times b [k][n], or a batch [count][..][..] of both; both float32 or both bfloat16, any
// strides. Sums and result are float32.
Tensor cpu_product(const Tensor& a, const Tensor& b, const Finish& finish);

// Of each row, in place: float32, contiguous, over the last dimension.
void cpu_softmax(const Tensor& x);
void cpu_log_softmax(const Tensor& x);

}  // namespace llmz::floating
