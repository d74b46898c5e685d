// SPDX-License-Identifier: Apache-2.0
// The mix of samples: docs/sample-mix.md, "Decisions" to "Learning". Plain loops, written from the
// document alone; names are the document's.
#pragma once

#include "mix_document_mixer.h"
#include "mix_document_sample_opinions.h"

namespace llmz::mix_document {

// Distributions.
class LogisticDistribution {
 public:
  LogisticDistribution() {
    const uint64_t kOne = uint64_t{1} << 62;
    uint64_t P = kOne;
    for (int x = 0; x <= 1024; ++x) {
      const uint64_t below = P / ((kOne + P) >> 32);
      F_[static_cast<size_t>(1024 - x)] = static_cast<int64_t>(below);
      F_[static_cast<size_t>(1024 + x)] = (int64_t{1} << 32) - static_cast<int64_t>(below);
      const uint64_t k = 4540188453729421604u;
      const uint64_t a1 = P >> 31, a0 = P & 0x7fffffff, b1 = k >> 31, b0 = k & 0x7fffffff;
      P = a1 * b1 + ((a1 * b0 + a0 * b1 + ((a0 * b0) >> 31)) >> 31);
    }
  }
  int64_t below(int64_t v, int64_t center, int64_t spread) const {
    const int64_t d = (16 * v - 8 - center) * (256 * 22713 / spread) >> 8;
    const int64_t y = around(d, (1 << 18) - 1) + (1 << 18);
    const int64_t* F = &F_[static_cast<size_t>(y >> 8)];
    return F[0] + ((F[1] - F[0]) * (y & 255) >> 8);
  }

 private:
  std::array<int64_t, 2049> F_{};
};

class SampleMix {
 public:
  explicit SampleMix(const Layout& layout) : l_(layout), opinions_(layout) {
    Row row;
    row.weights = Numbers(32);
    for (size_t i = 0; i < 12; ++i) row.weights[i] = i == 9 ? 20000 : 3000;
    for (size_t i = 0; i < 9; ++i) row.weights[12 + 2 * i] = 900;
    const size_t rows[] = {1024, 320, 1024, 512};
    for (size_t s = 0; s < 4; ++s) sets_[s].rows.assign(rows[s], row);
    row.weights.assign(4, 16384);
    finals_[0].rows.assign(64, row);
    finals_[1].rows.assign(80, row);
    for (auto& table : tables_) table.resize(1 << 16);
  }

  void begin() {
    opinions_.form();
    low_ = 0;
    high_ = l_.top() + 1;
    expected_ = std::min((opinions_.center[9] + 8) / 16, l_.top());
    const int64_t spread = opinions_.spread[9] / 16;
    scale_ = spread < 2 ? 0 : std::min(binary_digits(spread) - 1, 13);
    step_ = kSide;
    up_ = true;
    range_ = j_ = first_ = 0;
    set_contexts();
    next();
  }
  bool done() const { return high_ - low_ == 1; }
  uint32_t outcome(int64_t value) const { return (value >= middle_) == upper_is_one_; }
  int64_t value() const { return low_; }
  void end() { opinions_.learn(low_); }

  uint32_t predict() {
    for (size_t i = 0; i < 12; ++i) {
      const size_t opinion = std::min<size_t>(i, 9);
      const int64_t s = opinions_.spread[opinion];
      const int64_t spread = i == 10 ? std::max<int64_t>(s / 2, 1) : i == 11 ? 2 * s : s;
      const auto below = [&](int64_t v) { return F_.below(v, opinions_.center[opinion], spread); };
      const int64_t u =
          65536 * (below(high_) - below(middle_) + 1) / (below(high_) - below(low_) + 2);
      const int64_t p = upper_is_one_ ? u : 65536 - u;
      inputs_[i] = stretch(std::min<int64_t>(p, 65535));
      if (i == 9) p9_ = clamp(p, 1, 65535);
    }
    for (size_t n = 0; n < 9; ++n) {
      used_[n] = &tables_[n][hash(contexts_[n], node()) >> 16];
      const int64_t p = used_[n]->seen ? used_[n]->p.p() : p9_;
      inputs_[12 + 2 * n] = stretch(p);
      inputs_[13 + 2 * n] = static_cast<int32_t>((p - 32768) >> 5);
    }
    inputs_[30] = 256;
    const int64_t mixed = mix();
    const int64_t sum = squash(mixed) + stages_[0].refine(node(), mixed) +
                        stages_[1].refine(hash(contexts_[1], node()) % 4096, mixed) +
                        stages_[2].refine(hash(contexts_[3], node()) % 4096, mixed);
    return static_cast<uint32_t>(clamp((sum + 2) / 4, 1, 65535));
  }

  void learn(uint32_t bit) {
    for (Set& set : sets_) {
      Row& row = *set.selected;
      const int64_t moves = step(bit, squash(set.d), 60 + 300 * 1024 / (1024 + row.n));
      if (row.n < 65535) ++row.n;
      if (std::abs(moves) >= 8) move(row.weights, inputs_, moves);
    }
    for (Set& set : finals_) move(set.selected->weights, d_, step(bit, squash(set.d), 250));
    for (Stage& stage : stages_) stage.update(bit);
    for (Entry* entry : used_) {
      if (!entry->seen) *entry = {Probability(p9_, 4), true};
      entry->p.update(bit, 255);
    }
    const bool upper = (bit == 1) == upper_is_one_;
    (upper ? low_ : high_) = middle_;
    if (step_ == kSide) {
      up_ = upper;
      step_ = kRanges;
    } else if (step_ == kRanges) {
      if (bit == 0) step_ = kPlace;
      if (bit == 1) ++range_;
    } else {
      if (j_ == 0) first_ = static_cast<int>(bit);
      ++j_;
    }
    next();
  }

 private:
  enum Step { kSide, kRanges, kPlace };
  struct Entry {
    Probability p;
    bool seen = false;
  };

  void next() {
    if (done()) return;
    const int n = std::min(range_, 7), up = up_;
    const auto asks = [&](int64_t middle, bool upper_is_one, int node) {
      middle_ = middle;
      upper_is_one_ = upper_is_one;
      node_ = node;
      return middle > low_ && middle < high_;
    };
    if (step_ == kSide) {
      if (asks(expected_, true, 0)) return;
      step_ = kRanges;
    }
    if (step_ == kRanges) {
      const int64_t reach = int64_t{1} << (scale_ + range_);
      if (asks(expected_ + (up_ ? reach : -reach), up_, 1 + 8 * up + n)) return;
      step_ = kPlace;
    }
    int64_t h = 1;
    while (2 * h < high_ - low_) h *= 2;
    const int node = j_ == 0   ? 17 + 8 * up + n
                     : j_ == 1 ? 33 + 8 * up + 2 * std::min(n, 3) + first_
                               : 49 + 2 * std::min(j_ - 2, 6) + up;
    asks(up_ ? low_ + h : high_ - h, up_, node);
  }
  uint32_t node() const { return static_cast<uint32_t>(64 * scale_ + node_); }

  static uint32_t size(int64_t x, int64_t y) {
    const int n = std::min(binary_digits(std::abs(x) / y), 8);
    return static_cast<uint32_t>(x < 0 ? 8 - n : 8 + n);
  }
  void set_contexts() {
    const Opinions& o = opinions_;
    const int64_t unit = std::max<int64_t>(o.spread[9] / 32, 1);
    const auto near = [&](size_t i) {
      return size(o.neighbours[i] - expected_, std::max<int64_t>(unit / 2, 1));
    };
    const auto off = [&](size_t i) { return size(o.E[i], 8 * unit); };
    const auto apart = [&](size_t i, int64_t y) {
      return size(o.center[i] - o.center[9], y * unit);
    };
    const auto difference = [&](size_t i) {
      return static_cast<uint32_t>(o.neighbours[i] - expected_);
    };
    const uint32_t level = static_cast<uint32_t>(o.levels[9]),
                   channel = static_cast<uint32_t>(o.channel);
    const uint32_t rows[] = {4 * level + channel,
                             17 * off(0) + off(1),
                             17 * near(0) + near(1),
                             static_cast<uint32_t>(expected_ >> (8 * l_.B - 8)),
                             17 * (17 * apart(6, 4) + apart(8, 4)) + apart(0, 8),
                             512 * off(2) + 128 * channel + level / 2,
                             17 * near(2) + near(3),
                             hash(difference(0), difference(1)),
                             17 * (17 * near(4) + near(5)) + near(0)};
    for (uint32_t n = 1; n <= 9; ++n) contexts_[n - 1] = hash(rows[n - 1], n);
  }

  int64_t mix() {
    const Opinions& o = opinions_;
    const int depth = step_ == kPlace ? std::min(j_ + 1, 4) : 0;
    const int64_t apart = 4 * std::abs(o.center[6] - o.center[0]) / o.spread[9];
    const int64_t rows[] = {node(), 4 * o.levels[9] + std::min(depth, 3),
                            64 * std::min<int64_t>(apart, 15) + node_,
                            128 * o.channel + 8 * (p9_ >> 12) + depth};
    for (size_t s = 0; s < 4; ++s) d_[s] = sets_[s].select(static_cast<uint32_t>(rows[s]), inputs_);
    return (finals_[0].select(static_cast<uint32_t>(node_), d_) +
            finals_[1].select(static_cast<uint32_t>(o.levels[9]), d_)) /
           2;
  }

  const Layout l_;
  const LogisticDistribution F_;
  Opinions opinions_;
  std::array<Set, 4> sets_;
  std::array<Set, 2> finals_;
  std::array<Stage, 3> stages_{Stage(1024, 1023), Stage(4096, 1023), Stage(4096, 1023)};
  std::array<std::vector<Entry>, 9> tables_;
  Numbers inputs_ = Numbers(32), d_ = Numbers(4);
  std::array<uint32_t, 9> contexts_{};
  std::array<Entry*, 9> used_{};
  int64_t p9_ = 0;

  int64_t low_ = 0, high_ = 1, expected_ = 0, middle_ = 0;
  bool upper_is_one_ = true, up_ = true;
  Step step_ = kSide;
  int scale_ = 0, range_ = 0, j_ = 0, first_ = 0, node_ = 0;
};

}  // namespace llmz::mix_document
