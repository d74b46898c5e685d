// SPDX-License-Identifier: Apache-2.0
// A token as a path of binary decisions: the bits of its bytes and, after each byte that may be its
// last, "the token ends here". Ids are sorted by their bytes, so every node of the path is a range
// of ids, and the network's probability of a decision is a quotient of differences of cumulative
// frequencies. Decisions that the vocabulary leaves no choice in are not coded.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "frequency/frequency_table.h"
#include "mix/mixing_model.h"
#include "vocabulary/vocabulary.h"

namespace llmz::mix {

class TokenPath {
 public:
  // The vocabulary outlives the path.
  explicit TokenPath(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
    for (uint32_t b = 0, id = 0; b <= 256; ++b) {
      while (id < vocabulary.size() && byte_of(id, 0) < b) ++id;
      first_[b] = id;
    }
  }

  // Walks the path of a token, all of whose decisions the mix predicts and learns from. `decide` is
  // called as decide(p, bit): p = probability of a one in 2^16; bit = that of `known`; it returns
  // the bit to go on with, which is how a decoder finds the token. Returns the token.
  template <class Mix, class Decide>
  uint32_t walk(Mix& mix, uint32_t lane, const FrequencyTable& table, uint32_t known,
                Decide&& decide) const;

 private:
  uint32_t byte_of(uint32_t id, size_t depth) const {
    return static_cast<uint8_t>(vocabulary_.bytes(id)[depth]);
  }
  // The first id of [low, high) whose byte at `depth` is at least `byte`.
  uint32_t first_at_least(uint32_t low, uint32_t high, size_t depth, uint32_t byte) const {
    if (depth == 0) return std::clamp(first_[byte], low, high);
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (byte_of(middle, depth) < byte) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
  static uint32_t share(uint64_t part, uint64_t whole) {
    return static_cast<uint32_t>(
        std::clamp<uint64_t>((part << kProbabilityBits) / whole, 1, kProbabilityOne - 1));
  }

  const Vocabulary& vocabulary_;
  std::array<uint32_t, 257> first_;  // of the ids that begin with this byte or a larger one
};

template <class Mix, class Decide>
uint32_t TokenPath::walk(Mix& mix, uint32_t lane, const FrequencyTable& table, uint32_t known,
                         Decide&& decide) const {
  uint32_t low = 0, high = vocabulary_.size();
  for (size_t depth = 0;; ++depth) {
    mix.begin_byte(lane);
    uint32_t byte = 0;
    uint32_t low_sum = table.cumulative(low), high_sum = table.cumulative(high);
    for (uint32_t half = 128; half > 0; half /= 2) {
      const uint32_t middle = first_at_least(low, high, depth, byte + half);
      uint32_t bit = middle < high;
      if (low < middle && middle < high) {
        const uint32_t middle_sum = table.cumulative(middle);
        bit = decide(mix.predict(share(high_sum - middle_sum, high_sum - low_sum)),
                     uint32_t{known >= middle});
        mix.learn(bit);
        (bit ? low_sum : high_sum) = middle_sum;
      } else {
        mix.skip(bit);
      }
      (bit ? low : high) = middle;
      if (bit) byte += half;
    }
    mix.end_byte(static_cast<uint8_t>(byte));
    if (vocabulary_.bytes(low).size() == depth + 1) {
      bool ended = high - low == 1;
      if (!ended) {
        const uint32_t p =
            mix.predict_end(share(table.cumulative(low + 1) - low_sum, high_sum - low_sum));
        ended = decide(p, uint32_t{known == low});
        mix.learn_end(ended);
      }
      if (ended) break;
      ++low;
    }
  }
  mix.end_token(low);
  return low;
}

}  // namespace llmz::mix
