// SPDX-License-Identifier: Apache-2.0
// The mixer of the rich mix: as mixer.h, but with any number of inputs and sets, with several final
// sets whose mean it gives, and with a rate that falls in each row of weights by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/zero_memory.h"
#include "mix/mixer_loops.h"

namespace llmz::mix {

class RichMixer {
 public:
  // set_contexts[i] is how many rows of weights set i has. Weights beyond the initial ones are 0.
  RichMixer(size_t inputs, const std::vector<size_t>& set_contexts,
            const std::vector<size_t>& final_contexts, const std::vector<int32_t>& initial_weights);

  // As MixingModel::share().
  void share() {
    for (Set& set : sets_) set.weights.share();
  }
  // Inputs of the coming bit, in the logistic domain, |x| < 4096.
  int32_t* inputs() { return inputs_.data(); }
  // contexts[i] selects the row of set i. Returns the mixed log odds.
  int32_t mix(const uint32_t* contexts, const uint32_t* final_contexts);
  void learn(uint32_t bit);

 private:
  struct Set {
    Set(size_t rows, size_t row_size) : weights(rows * row_size), learned(rows) {}
    // A row that has not learned yet gets its initial weights where it is selected: a short text
    // selects few of them.
    ZeroMemory<int32_t> weights;
    ZeroMemory<uint16_t> learned;  // how often each row has
    size_t row = 0;
    int32_t* selected = nullptr;
    int32_t p16 = 0;
  };
  static size_t padded(size_t count) { return (count + 15) / 16 * 16; }
  int32_t opinion_of(Set& set, uint32_t row, const std::vector<int32_t>& inputs);

  const MixerLoops& loops_;
  const std::vector<int32_t> initial_weights_;
  std::vector<int32_t> inputs_, opinions_;
  std::vector<Set> sets_, finals_;
};

}  // namespace llmz::mix
