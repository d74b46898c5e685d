// SPDX-License-Identifier: Apache-2.0
// The linear predictors of the mix of samples: docs/sample-mix.md, "Fits" and "Filters". Plain
// loops; names are the document's.
#pragma once

#include "mix_document.h"

namespace llmz::mix_document {

inline int64_t around(int64_t x, int64_t a) { return clamp(x, -a, a); }
inline int binary_digits(int64_t x) {
  int digits = 0;
  for (; x > 0; x /= 2) ++digits;
  return digits;
}

class Fit {
 public:
  Fit(std::vector<int> distances, int fading, int every)
      : d(std::move(distances)), f(fading), every_(every), n_(d.size()) {
    m_ = l_ = std::vector<std::vector<int64_t>>(n_, std::vector<int64_t>(n_));
    b_ = w_ = y_ = u = std::vector<int64_t>(n_);
  }
  int64_t center() const {
    int64_t sum = 0;
    for (size_t i = 0; i < n_; ++i) sum += w_[i] * u[i];
    return around(sum >> 12, 1 << 24);
  }
  void learn(int64_t v) {
    for (size_t i = 0; i < n_; ++i) {
      for (size_t j = 0; j <= i; ++j) m_[i][j] += (65536 * u[i] * u[j] - m_[i][j]) >> f;
      b_[i] += (65536 * u[i] * v - b_[i]) >> f;
    }
    if (++learned_ % every_ == 0) solve();
  }

  std::vector<int> d;
  std::vector<int64_t> u;

 private:
  void solve() {
    int64_t D = 0;
    for (size_t i = 0; i < n_; ++i) D = std::max(D, m_[i][i]);
    if (D < 1 << 14) return;
    D += D >> 18;
    const int h = binary_digits(D) - 28;
    const auto shift = [h](int64_t x) { return h < 0 ? x * (int64_t{1} << -h) : x >> h; };
    for (size_t i = 0; i < n_; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        int64_t x = shift(i == j ? m_[i][i] + (m_[i][i] >> 18) : m_[i][j]) * (1 << 28);
        for (size_t k = 0; k < j; ++k) x -= l_[i][k] * l_[j][k];
        if (i == j && x < int64_t{1} << 32) return;
        l_[i][j] = i == j ? root(x) : around(x / l_[j][j], 1 << 28);
      }
    }
    for (size_t i = 0; i < n_; ++i) {
      int64_t x = around(shift(b_[i]), 1 << 29) * (1 << 28);
      for (size_t k = 0; k < i; ++k) x -= l_[i][k] * y_[k];
      y_[i] = around(x / l_[i][i], 1 << 29);
    }
    for (size_t i = n_; i-- > 0;) {
      int64_t x = 65536 * y_[i];
      for (size_t k = i + 1; k < n_; ++k) x -= l_[k][i] * w_[k];
      w_[i] = around(x / l_[i][i], 1 << 20);
    }
  }
  static int64_t root(int64_t x) {
    int64_t low = 0, high = int64_t{1} << 30;  // low^2 <= x < high^2
    while (high - low > 1) {
      const int64_t middle = (low + high) / 2;
      (middle * middle <= x ? low : high) = middle;
    }
    return low;
  }

  int f, every_, learned_ = 0;
  size_t n_;
  std::vector<std::vector<int64_t>> m_, l_;
  std::vector<int64_t> b_, w_, y_;
};

class Filter {
 public:
  Filter(size_t n, int64_t rate) : g_(rate), x_(n), w_(n) {}
  int64_t predict() {
    int64_t sum = 0;
    for (size_t i = 0; i < x_.size(); ++i) sum += w_[i] * x_[i];
    q_ = around(sum >> 16, 1 << 21);
    return q_;
  }
  void learn(int64_t x) {
    int64_t energy = 0;
    for (int64_t past : x_) energy += past * past;
    const int64_t gain = around((x - q_) * g_ * (1 << 20) / (energy + 4096), int64_t{1} << 38);
    for (size_t i = 0; i < x_.size(); ++i) w_[i] = around(w_[i] + (gain * x_[i] >> 20), 1 << 20);
    x_.erase(x_.begin());
    x_.push_back(x);
  }

 private:
  int64_t g_, q_ = 0;
  std::vector<int64_t> x_, w_;
};

}  // namespace llmz::mix_document
