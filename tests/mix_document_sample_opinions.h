// SPDX-License-Identifier: Apache-2.0
// What is expected of a sample: docs/sample-mix.md, "Layout" to "Filters". Plain loops; names are
// the document's.
#pragma once

#include "mix_document_sample_fits.h"

namespace llmz::mix_document {

struct Layout {
  int B = 1, C = 1, R = 0;
  int64_t top() const { return (1 << 8 * B) - 1; }
};

inline int level(int64_t x) {
  if (x < 4) return static_cast<int>(x);
  const int n = binary_digits(x) - 1;
  return static_cast<int>(4 * n - 4 + (x >> (n - 2) & 3));
}

class Opinions {
 public:
  explicit Opinions(const Layout& layout) : l_(layout) {
    for (auto& table : S_) {
      for (int q = 0; q < 80; ++q)
        table.push_back(q < 4 ? 256 * std::max(q, 2) : 256 * (4 + q % 4) * (1 << (q / 4 - 1)));
    }
    for (int c = 0; c < l_.C; ++c) {
      for (int f = 0; f < 3; ++f) fits_.emplace_back(distances(c, f), fading(f), 1 << f);
      long_.emplace_back(32, 800);
      short_.emplace_back(16, 1200);
    }
    fast_ = slow_ = std::vector<std::array<int64_t, 10>>(static_cast<size_t>(l_.C));
  }

  std::array<int64_t, 10> center{}, spread{};
  std::array<int, 10> levels{};
  std::array<int64_t, 6> neighbours{};
  std::array<int64_t, 3> E{};
  int channel = 0;

  void form() {
    l_.R > 0 ? with_rows() : without_rows();
    for (size_t i = 0; i < 10; ++i) {
      if (i == 9) center[9] = weighed();
      levels[i] = level(expected_error(i));
      spread[i] = std::max<int64_t>(S_[i][static_cast<size_t>(levels[i])] >> 8, 1);
    }
  }

  void learn(int64_t value) {
    const auto c = static_cast<size_t>(channel);
    std::array<int64_t, 10> errors;
    for (size_t i = 0; i < 10; ++i) {
      const int64_t e = errors[i] = std::abs(16 * value - center[i]);
      const auto follow = [e](int64_t& x, int k) { x += (256 * e >> k) - (x >> k); };
      follow(S_[i][static_cast<size_t>(levels[i])], 6);
      follow(fast_[c][i], 4);
      follow(slow_[c][i], 7);
    }
    errors_.push_back(errors);
    off_.push_back(16 * value - center[9]);
    if (l_.R == 0) long_[c].learn(16 * value - center[5]);
    if (l_.R == 0) short_[c].learn(16 * value - center[6]);
    for (size_t f = 0; f < 3; ++f) fits_[3 * c + f].learn(value - base_);
    values_.push_back(value);
    const int t = static_cast<int>(values_.size());
    channel = (l_.R > 0 ? t % l_.R : t) % l_.C;
  }

 private:
  int t() const { return static_cast<int>(values_.size()); }
  int64_t back(int d) const {
    if (t() < l_.C) return (l_.top() + 1) / 2;
    return values_[static_cast<size_t>(t() - (d > t() ? l_.C : d))];
  }
  int64_t e(size_t i, int d) const {
    return d > t() ? 0 : errors_[static_cast<size_t>(t() - d)][i];
  }
  int64_t off(int d) const { return d > t() ? 0 : off_[static_cast<size_t>(t() - d)]; }
  void set(size_t i, int64_t x) { center[i] = clamp(x, 0, 16 * l_.top()); }

  void with_rows() {
    const int s = l_.C, r = l_.R;
    const int64_t W = back(s), N = back(r), NW = back(r + s), NE = back(r - s), p = back(1);
    neighbours = {W, N, NW, NE, back(2 * s), back(2 * r)};
    E = {off(s), off(r), channel == 0 ? 0 : off(1)};
    base_ = clamp(W + N - NW, std::min(W, N), std::max(W, N));
    set(0, 16 * base_);
    set(1, 16 * W);
    set(2, 16 * N);
    set(3, 16 * (W + N - NW));
    set(4, channel > 0 ? 16 * (W + p - back(1 + s)) : 16 * (N + NE - back(2 * r - s)));
    set(5, channel > 0 ? 16 * (N + p - back(1 + r)) : 16 * W + 8 * (NE - NW));
    for (size_t f = 0; f < 3; ++f) set(6 + f, fit(f));
  }
  void without_rows() {
    const int s = l_.C;
    const int64_t a = back(s), b = back(2 * s), c = back(3 * s);
    neighbours = {a, s > 1 ? back(1) : b, b, c, back(4 * s), back(5 * s)};
    E = {off(s), off(2 * s), channel == 0 ? 0 : off(1)};
    base_ = (l_.top() + 1) / 2;
    set(0, 16 * a);
    set(1, 16 * (2 * a - b));
    set(2, 16 * (s > 1 ? a + back(1) - back(1 + s) : 3 * a - 3 * b + c));
    for (size_t f = 0; f < 3; ++f) set(3 + f, fit(f));
    set(6, center[5] + long_[static_cast<size_t>(channel)].predict());
    set(7, center[6] + short_[static_cast<size_t>(channel)].predict());
    set(8, (center[3] + center[7]) / 2);
  }
  int64_t weighed() const {
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < 9; ++i) {
      const int64_t w = (int64_t{1} << 40) / (spread[i] * spread[i] * spread[i] + 1) + 1;
      sum += w * center[i];
      weights += w;
    }
    return sum / weights;
  }
  int64_t expected_error(size_t i) const {
    const int s = l_.C, r = l_.R;
    const auto c = static_cast<size_t>(channel);
    if (r == 0) return (fast_[c][i] + slow_[c][i]) >> 9;
    return (2 * e(i, s) + 2 * e(i, r) + e(i, r + s) + e(i, r - s) + e(i, 2 * s) + e(i, 2 * r)) / 8;
  }

  // Fits.
  int64_t fit(size_t f) {
    Fit& fit = fits_[3 * static_cast<size_t>(channel) + f];
    for (size_t i = 0; i < fit.d.size(); ++i) fit.u[i] = back(fit.d[i]) - base_;
    return 16 * base_ + fit.center();
  }
  int fading(int f) const {
    const int with_rows[] = {4, 6, 9}, without[] = {5, 6, 8};
    return l_.R > 0 ? with_rows[f] : without[f];
  }
  std::vector<int> distances(int own_channel, int f) const {
    const int s = l_.C, r = l_.R;
    std::vector<int> d;
    if (r > 0) {
      d = {s, r, r + s, r - s, 2 * s, 2 * r};
      if (f > 0)
        for (int x : {2 * r + s, 2 * r - s, r + 2 * s, r - 2 * s, 3 * s, 3 * r}) d.push_back(x);
      for (int c = 0; c < l_.C; ++c) {
        const int k = own_channel - c;
        if (k > 0)
          for (int x : {k, k + s, k + r}) d.push_back(x);
        if (k > 0 && f > 0)
          for (int x : {k + r - s, k + r + s}) d.push_back(x);
        if (k < 0 && f > 0)
          for (int x : {k + s, k + r}) d.push_back(x);
      }
      return d;
    }
    const int o = l_.C == 1 ? 0 : (f == 0 ? 6 : 12) / (l_.C - 1);
    for (int i = 1; i <= (f == 0 ? 16 : 32) - (l_.C - 1) * o; ++i) d.push_back(i * s);
    for (int c = 0; c < l_.C; ++c) {
      if (c == own_channel) continue;
      const int n = own_channel - c < 0 ? own_channel - c + l_.C : own_channel - c;
      for (int i = 0; i < o; ++i) d.push_back(n + i * s);
    }
    return d;
  }

  const Layout l_;
  std::vector<int64_t> values_, off_;
  std::vector<std::array<int64_t, 10>> errors_;
  std::array<std::vector<int64_t>, 10> S_;
  std::vector<std::array<int64_t, 10>> fast_, slow_;
  std::vector<Fit> fits_;
  std::vector<Filter> long_, short_;
  int64_t base_ = 0;
};

}  // namespace llmz::mix_document
