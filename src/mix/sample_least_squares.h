// SPDX-License-Identifier: Apache-2.0
// Linear prediction by least squares over what came before, older samples weighing less, in
// integers: correlations are means that fade, and the weights that fit them best are found by
// Cholesky's decomposition in fixed point, the same on every machine.
//
// Source: X. Wu, K. U. Barthel, W. Zhang, "Piecewise 2D autoregression for predictive image coding"
// (1998), and the OLS predictors of Sac (S. Lehmann) and PAQ8px, for the idea.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace llmz::mix {

class LeastSquares {
 public:
  // Weights of old samples fall to 1/e in 2^fading samples. New weights every `period` samples.
  LeastSquares(size_t inputs, int fading, uint32_t period);
  // Inputs of the coming sample, |x| < 2^17.
  int32_t* inputs() { return inputs_.data(); }
  // The value that the inputs make likely, in sixteenths.
  int32_t predict() const;
  void learn(int32_t value);  // |value| < 2^17

 private:
  void solve();
  bool decompose(int shift);
  int64_t& at(size_t row, size_t column) { return correlations_[row * (row + 1) / 2 + column]; }

  size_t count_;
  int fading_;
  uint32_t period_;
  uint32_t learned_ = 0;
  std::vector<int32_t> inputs_, weights_;
  std::vector<int64_t> correlations_, with_value_;  // means, in 2^-16; the lower triangle
  std::vector<int64_t> factor_, half_solved_;
};

}  // namespace llmz::mix
