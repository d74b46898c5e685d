// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_least_squares.h"

#include <algorithm>

namespace llmz::mix {
namespace {

constexpr int kMeanBits = 16, kWeightBits = 16, kFactorBits = 28;
constexpr int64_t kFactorLimit = int64_t{1} << kFactorBits, kSolvedLimit = int64_t{1} << 29;
constexpr int64_t kWeightLimit = int64_t{1} << 20;
constexpr int64_t kSmallestPivot = int64_t{1} << 32;
// A mean square of 1/4: below it nothing is learned, and nothing overflows.
constexpr int64_t kSmallestMean = int64_t{1} << (kMeanBits - 2);

// A little more of an input's own mean square: inputs may be alike.
constexpr int kOwnShift = 18;

// The floor of the root of x < 2^58.
int64_t root(int64_t x) {
  int64_t r = 0;
  for (int64_t bit = int64_t{1} << 28; bit > 0; bit >>= 1)
    if ((r + bit) * (r + bit) <= x) r += bit;
  return r;
}

int bit_length(int64_t x) { return x == 0 ? 0 : 64 - __builtin_clzll(static_cast<uint64_t>(x)); }

int64_t shifted(int64_t x, int shift) {
  return shift >= 0 ? x >> shift : x * (int64_t{1} << -shift);
}

}  // namespace

LeastSquares::LeastSquares(size_t inputs, int fading, uint32_t period)
    : count_(inputs),
      fading_(fading),
      period_(period),
      inputs_(inputs),
      weights_(inputs),
      correlations_(inputs * (inputs + 1) / 2),
      with_value_(inputs),
      factor_(inputs * (inputs + 1) / 2),
      half_solved_(inputs) {}

int32_t LeastSquares::predict() const {
  int64_t sum = 0;
  for (size_t i = 0; i < count_; ++i) sum += int64_t{weights_[i]} * inputs_[i];
  return static_cast<int32_t>(std::clamp<int64_t>(sum >> (kWeightBits - 4), -(1 << 24), 1 << 24));
}

void LeastSquares::learn(int32_t value) {
  int64_t* c = correlations_.data();
  for (size_t i = 0; i < count_; ++i) {
    const int64_t x = int64_t{inputs_[i]} * (1 << kMeanBits);
    for (size_t k = 0; k <= i; ++k, ++c) *c += (x * inputs_[k] - *c) >> fading_;
    with_value_[i] += (x * value - with_value_[i]) >> fading_;
  }
  if (++learned_ % period_ == 0) solve();
}

// Leaves the weights as they are where there is too little to learn from, or inputs are too much
// alike.
void LeastSquares::solve() {
  int64_t largest = 0;
  for (size_t i = 0; i < count_; ++i) largest = std::max(largest, at(i, i));
  if (largest < kSmallestMean) return;
  largest += largest >> kOwnShift;
  const int shift = bit_length(largest) - kFactorBits;
  if (!decompose(shift)) return;
  for (size_t i = 0; i < count_; ++i) {
    const int64_t* const row = &factor_[i * (i + 1) / 2];
    int64_t sum =
        std::clamp(shifted(with_value_[i], shift), -kSolvedLimit, kSolvedLimit) * kFactorLimit;
    for (size_t k = 0; k < i; ++k) sum -= row[k] * half_solved_[k];
    half_solved_[i] = std::clamp(sum / row[i], -kSolvedLimit, kSolvedLimit);
  }
  for (size_t i = count_; i-- > 0;) {
    int64_t sum = half_solved_[i] * (1 << kWeightBits);
    for (size_t k = i + 1; k < count_; ++k) sum -= factor_[k * (k + 1) / 2 + i] * weights_[k];
    weights_[i] = static_cast<int32_t>(
        std::clamp(sum / factor_[i * (i + 1) / 2 + i], -kWeightLimit, kWeightLimit));
  }
}

bool LeastSquares::decompose(int shift) {
  for (size_t i = 0; i < count_; ++i) {
    int64_t* const row = &factor_[i * (i + 1) / 2];
    for (size_t j = 0; j <= i; ++j) {
      const int64_t* const other = &factor_[j * (j + 1) / 2];
      int64_t mean = at(i, j);
      if (i == j) mean += mean >> kOwnShift;
      int64_t sum = shifted(mean, shift) * kFactorLimit;
      for (size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
      if (i == j) {
        if (sum < kSmallestPivot) return false;
        row[j] = root(sum);
      } else {
        row[j] = std::clamp(sum / other[j], -kFactorLimit, kFactorLimit);
      }
    }
  }
  return true;
}

}  // namespace llmz::mix
