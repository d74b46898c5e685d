// SPDX-License-Identifier: Apache-2.0
// The mixers of both mixes: docs/mixing.md, "Mixer" and the first steps of "Learning", in
// "Specification of the mix" and in "Specification of the rich mix". Names are the document's.
#pragma once

#include "mix_document.h"

namespace llmz::mix_document {

using Numbers = std::vector<int32_t>;

inline int64_t opinion(const Numbers& weights, const Numbers& inputs) {
  int64_t sum = 0;
  for (size_t i = 0; i < inputs.size(); ++i) sum += int64_t{weights[i]} * inputs[i] >> 8;
  return clamp(sum >> 8, -kLimit, kLimit);
}

inline int64_t step(uint32_t bit, int64_t p, int64_t rate) {
  return clamp((int64_t{bit} * 65536 - p) * rate >> 8, -(1 << 18), 1 << 18);
}

inline void move(Numbers& weights, const Numbers& inputs, int64_t step) {
  constexpr int64_t kMost = (1 << 19) - 1;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t moved = weights[i] + ((inputs[i] * step + (1 << 15)) >> 16);
    weights[i] = static_cast<int32_t>(clamp(moved, -kMost, kMost));
  }
}

// Selectors: cert.
inline uint32_t certainty(uint32_t p) {
  uint32_t steps = 0;
  for (int32_t least : {128, 320, 512, 768, 1100, 1500, 2000})
    steps += least <= std::abs(stretch(p));
  return 2 * steps + (p >= 32768);
}

// Of the mix.
class Mixer {
 public:
  // contexts: C.
  Mixer(bool with_tokens, size_t contexts, const Tables& tables) {
    for (size_t s = 0; s < 6; ++s) {
      const auto weights = with_tokens ? start(tables, "Set " + std::to_string(s), 48)
                                       : Start{start_of_bytes(contexts), start_of_bytes(contexts)};
      sets_[s] = rows(kRowsInByte[s], weights);
    }
    const Numbers final_weights(6, 10922);
    final_ =
        rows(64, with_tokens ? start(tables, "Final", 6) : Start{final_weights, final_weights});
  }

  // The row in each set, and in the final one. Returns mixed.
  int64_t mix(const std::array<uint32_t, 6>& selected, uint32_t final_selected) {
    for (size_t s = 0; s < 6; ++s) {
      weights_[s] = &sets_[s][selected[s]];
      d_[s] = static_cast<int32_t>(opinion(*weights_[s], X));
    }
    final_weights_ = &final_[final_selected];
    mixed_ = opinion(*final_weights_, d_);
    return mixed_;
  }

  void learn(uint32_t bit) {
    const int64_t rate = 130 + (400 >> std::min(n_ >> 12, 31u));
    if (n_ < 1u << 31) ++n_;
    for (size_t s = 0; s < 6; ++s) move(*weights_[s], X, step(bit, squash(d_[s]), rate));
    move(*final_weights_, d_, step(bit, squash(mixed_), 60));
  }

  Numbers X = Numbers(48);

 private:
  struct Start {
    Numbers in_byte, at_end;
  };
  // How many rows of each set are those of decisions in a byte; as many more are of token ends.
  static constexpr std::array<size_t, 6> kRowsInByte{16, 256, 256, 64, 128, 512};

  static Start start(const Tables& tables, const std::string& name, size_t inputs) {
    Start start{tables.at(name + ", bytes"), tables.at(name + ", token ends")};
    for (Numbers* weights : {&start.in_byte, &start.at_end}) {
      for (int32_t& weight : *weights) weight *= 16;
      weights->resize(inputs);
    }
    return start;
  }
  static Numbers start_of_bytes(size_t contexts) {
    Numbers weights(48);
    for (size_t i = 0; i < contexts; ++i) weights[2 * i] = 6000;
    weights[2 * contexts] = weights[2 * contexts + 2] = 10000;
    return weights;
  }
  static std::vector<Numbers> rows(size_t in_byte, const Start& start) {
    std::vector<Numbers> rows(in_byte, start.in_byte);
    rows.resize(2 * in_byte, start.at_end);
    return rows;
  }

  std::array<std::vector<Numbers>, 6> sets_;
  std::vector<Numbers> final_;
  std::array<Numbers*, 6> weights_{};
  Numbers* final_weights_ = nullptr;
  Numbers d_ = Numbers(6);
  int64_t mixed_ = 0;
  uint32_t n_ = 0;
};

// A set of a mixer whose rows slow down by themselves.
struct Row {
  Numbers weights;
  uint32_t n = 0;
};
struct Set {
  int32_t select(uint32_t row, const Numbers& of) {
    selected = &rows[row];
    d = static_cast<int32_t>(opinion(selected->weights, of));
    return d;
  }
  std::vector<Row> rows;
  Row* selected = nullptr;
  int32_t d = 0;
};

// Of a rich mix: its contexts, 8 expectations, the constant, beside a network four more inputs, and
// zeros.
class RichMixer {
 public:
  // start: the weights of a context's three inputs.
  RichMixer(size_t contexts, const std::array<int32_t, 3>& start, bool beside_network)
      : inputs(beside_network ? 176 : 160),
        sets_(beside_network ? 13 : 11),
        finals_(beside_network ? 4 : 3),
        d_(sets_.size()) {
    Row row;
    row.weights.resize(inputs.size());
    for (size_t i = 0; i < 3 * contexts; ++i) row.weights[i] = start[i % 3];
    for (size_t i = contexts; i < contexts + 8; ++i) row.weights[3 * i] = 3000;
    if (beside_network) row.weights[3 * (contexts + 8) + 1] = 40000;
    const size_t rows[] = {256, 256, 256, 768, 256, 512, 512, 1024, 729, 512, 2048, 64, 512};
    for (size_t s = 0; s < sets_.size(); ++s) sets_[s].rows.assign(rows[s], row);
    row.weights.assign(sets_.size(), beside_network ? 5041 : 5957);
    const size_t final_rows[] = {256, 729, 2048, 256};
    for (size_t f = 0; f < finals_.size(); ++f) finals_[f].rows.assign(final_rows[f], row);
  }

  // The row in each set, and in each final one. Returns mixed.
  int64_t mix(const std::array<uint32_t, 13>& selected,
              const std::array<uint32_t, 4>& final_selected) {
    for (size_t s = 0; s < sets_.size(); ++s) d_[s] = sets_[s].select(selected[s], inputs);
    int64_t sum = 0;
    for (size_t f = 0; f < finals_.size(); ++f) sum += finals_[f].select(final_selected[f], d_);
    return sum / static_cast<int64_t>(finals_.size());
  }

  void learn(uint32_t bit) {
    for (Set& set : sets_) {
      Row& row = *set.selected;
      const int64_t moves = step(bit, squash(set.d), 60 + 300 * 1024 / (1024 + row.n));
      if (row.n < 65535) ++row.n;
      if (std::abs(moves) >= 8) move(row.weights, inputs, moves);
    }
    for (Set& set : finals_) move(set.selected->weights, d_, step(bit, squash(set.d), 250));
  }

  Numbers inputs;

 private:
  std::vector<Set> sets_, finals_;
  Numbers d_;
};

}  // namespace llmz::mix_document
