// SPDX-License-Identifier: Apache-2.0
// What both mixes of docs/mixing.md are built of, as plain loops. Written from the document alone;
// slow, and shares nothing with src/mix. Comments name the paragraphs of "Specification of the mix"
// that a part follows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace llmz::mix_document {

// The tables of numbers that the document holds, read out of it: a block of indented numbers after
// a line that ends with a colon and begins with its name.
using Tables = std::map<std::string, std::vector<int32_t>>;

inline Tables tables_of(const std::string& document_path) {
  Tables tables;
  std::ifstream document(document_path);
  std::string name;
  for (std::string line; std::getline(document, line);) {
    const bool is_numbers =
        line.rfind("    ", 0) == 0 && line.find_first_not_of("-0123456789 ") == std::string::npos;
    if (is_numbers && !name.empty()) {
      std::istringstream numbers(line);
      for (int32_t number; numbers >> number;) tables[name].push_back(number);
    } else if (!line.empty()) {
      name = line.back() == ':' ? line.substr(0, std::min(line.find(" ("), line.size() - 1)) : "";
    }
  }
  return tables;
}

// Conventions.
inline int64_t clamp(int64_t a, int64_t least, int64_t most) {
  return a < least ? least : a > most ? most : a;
}

// Hash. Of more than two: H of "Specification of the rich mix".
inline uint32_t hash(uint32_t a, uint32_t b) {
  uint32_t h = a * 0x2c1b3c6du + b * 0x9e3779b1u + 0x7f4a7c15u;
  h ^= h >> 15;
  h *= 0x85ebca6bu;
  return h ^ (h >> 13);
}
template <class... More>
uint32_t hash(uint32_t a, uint32_t b, uint32_t c, More... more) {
  return hash(hash(a, b), c, more...);
}

// squash, stretch.
constexpr int32_t kLimit = 2839;

class Logistic {
 public:
  Logistic() {
    const uint64_t kOne = uint64_t{1} << 62;
    uint64_t power = kOne;
    for (int32_t x = 0; x <= kLimit; ++x) {
      const uint64_t quotient = (power & ~uint64_t{0xffff}) / ((kOne + power) >> 16);
      const int32_t q = static_cast<int32_t>(clamp(static_cast<int64_t>(quotient), 1, 32768));
      squash_[index(-x)] = q;
      squash_[index(x)] = 65536 - q;
      power = product(power, 4593706758521714574u);
    }
    for (int32_t i = 0; i < 2048; ++i) {
      int32_t x = -kLimit;
      while (squash(x) < 16 * i + 8) ++x;
      stretch_[static_cast<size_t>(i)] = x;
      stretch_[static_cast<size_t>(4095 - i)] = -x;
    }
  }
  int32_t squash(int64_t x) const { return squash_[index(clamp(x, -kLimit, kLimit))]; }
  int32_t stretch(int64_t p) const { return stretch_[static_cast<size_t>(p >> 4)]; }

 private:
  static size_t index(int64_t x) { return static_cast<size_t>(x + kLimit); }
  static uint64_t product(uint64_t a, uint64_t b) {
    const uint64_t a1 = a >> 31, a0 = a & 0x7fffffff, b1 = b >> 31, b0 = b & 0x7fffffff;
    return a1 * b1 + ((a1 * b0 + a0 * b1 + ((a0 * b0) >> 31)) >> 31);
  }
  std::array<int32_t, 2 * kLimit + 1> squash_{};
  std::array<int32_t, 4096> stretch_{};
};

inline const Logistic kLogistic;
inline int32_t squash(int64_t x) { return kLogistic.squash(x); }
inline int32_t stretch(int64_t p) { return kLogistic.stretch(p); }

// Adaptive probability.
struct Probability {
  explicit Probability(int64_t p = 32768, uint32_t count = 0) : v(64 * p), n(count) {}
  int64_t p() const { return v >> 6; }
  void update(uint32_t bit, uint32_t limit) {
    v += ((bit ? (1 << 22) - 1 : 0) - v) * (131072 / (2 * int64_t{n} + 3)) >> 16;
    if (n < limit) ++n;
  }
  int64_t v;
  uint32_t n;
};

// Bit histories.
class Histories {
 public:
  Histories() {
    for (int sum = 0; sum <= 49; ++sum) {
      for (int n1 = 0; n1 <= sum; ++n1) {
        for (int last = 0; last < states_of(sum - n1, n1); ++last)
          states_.push_back({sum - n1, n1, last});
      }
    }
    for (const State& state : states_) next_.push_back({next_of(state, 0), next_of(state, 1)});
  }
  size_t size() const { return states_.size(); }
  uint8_t next(uint8_t state, uint32_t bit) const { return next_[state][bit]; }
  // Has it only zeros or only ones?
  bool is_of_one_sort(size_t state) const {
    return states_[state].n0 == 0 || states_[state].n1 == 0;
  }
  int64_t start(size_t state) const {
    const int n0 = states_[state].n0, n1 = states_[state].n1;
    return (4 * n1 + 2) * 65535 / (4 * (n0 + n1) + 4);
  }

 private:
  struct State {
    int n0, n1, last;
  };
  static int states_of(int n0, int n1) {
    const int highest[] = {20, 48, 15, 8, 6, 5};
    const int low = std::min(n0, n1), high = std::max(n0, n1);
    if (low > 5 || high > highest[low]) return 0;
    return low > 0 && n0 + n1 <= 17 ? 2 : 1;
  }
  static int discounted(int c) {
    return (c >= 1) + (c >= 2) + (c >= 3) + (c >= 4) + (c >= 5) + (c >= 7) + (c >= 8);
  }
  uint8_t next_of(const State& state, int bit) const {
    int n0 = state.n0, n1 = state.n1;
    int &A = n0 >= n1 ? n0 : n1, &B = n0 >= n1 ? n1 : n0;
    n0 = bit ? discounted(n0) : n0 + 1;
    n1 = bit ? n1 + 1 : discounted(n1);
    while (states_of(n0, n1) == 0) {
      if (B < 2) {
        --A;
      } else {
        A = (A * (B - 1) + B / 2) / B;
        --B;
      }
    }
    return number_of({n0, n1, states_of(n0, n1) == 2 ? bit : 0});
  }
  uint8_t number_of(const State& wanted) const {
    size_t i = 0;
    while (states_[i].n0 != wanted.n0 || states_[i].n1 != wanted.n1 ||
           states_[i].last != wanted.last)
      ++i;
    return static_cast<uint8_t>(i);
  }
  std::vector<State> states_;
  std::vector<std::array<uint8_t, 2>> next_;
};

inline const Histories kHistories;

// Slots.
class Slots {
 public:
  explicit Slots(uint32_t bytes) : lines_(bytes / 64) {}
  // The 15 histories.
  uint8_t* find(uint32_t h) {
    Line& line = lines_[h % lines_.size()];
    const uint8_t check = static_cast<uint8_t>(h >> 24);
    for (Slot& slot : line) {
      if (slot[0] == check && slot[1] != 0) return &slot[1];
    }
    Slot* least = &line[0];
    for (Slot& slot : line) {
      if (slot[1] < (*least)[1]) least = &slot;
    }
    least->fill(0);
    (*least)[0] = check;
    return &(*least)[1];
  }

 private:
  using Slot = std::array<uint8_t, 16>;
  using Line = std::array<Slot, 4>;
  std::vector<Line> lines_;
};

// The bits of a byte so far. partial = a one and the bits.
inline uint32_t bits_done(uint32_t partial) {
  uint32_t bits = 0;
  while (partial >> (bits + 1) != 0) ++bits;
  return bits;
}
inline bool begins_with(uint32_t byte, uint32_t partial) {
  return (256 | byte) >> (8 - bits_done(partial)) == partial;
}
inline uint32_t next_bit(uint32_t byte, uint32_t partial) {
  return byte >> (7 - bits_done(partial)) & 1;
}

// Stages. 34 cells of each context.
class Stage {
 public:
  Stage(size_t contexts, uint32_t limit) : limit_(limit) {
    std::array<Probability, 34> cells;
    for (size_t k = 0; k < cells.size(); ++k)
      cells[k] = Probability(squash(180 * (static_cast<int64_t>(k) - 17)), 6);
    contexts_.assign(contexts, cells);
  }
  int64_t refine(uint32_t context, int64_t x) {
    const int64_t o = x + 3060, k = o / 180, r = o % 180;
    Probability* const cell = &contexts_[context][static_cast<size_t>(k)];
    nearer_ = cell + (r >= 90);
    return cell[0].p() + ((cell[1].p() - cell[0].p()) * r) / 180;
  }
  void update(uint32_t bit) { nearer_->update(bit, limit_); }

 private:
  std::vector<std::array<Probability, 34>> contexts_;
  Probability* nearer_ = nullptr;
  uint32_t limit_;
};

}  // namespace llmz::mix_document
