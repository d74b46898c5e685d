// SPDX-License-Identifier: Apache-2.0
// A token as decisions: docs/mixing.md, "Specification of the mix", "Token path".
#pragma once

#include "mix_document_mix.h"

namespace llmz::mix_document {

// F: cumulative frequencies, one more than ids. decided(p, bit) for each decision of
// token `id`, whose ids are those of `texts`, in order.
template <class Mix, class Decided>
void walk(Mix& mix, uint32_t lane, const std::vector<std::string>& texts,
          const std::vector<uint64_t>& F, uint32_t id, Decided&& decided) {
  const auto share = [](uint64_t part, uint64_t whole) {
    return static_cast<uint32_t>(clamp(static_cast<int64_t>(part * 65536 / whole), 1, 65535));
  };
  size_t low = 0, high = texts.size();
  for (size_t depth = 0;; ++depth) {
    mix.begin_byte(lane);
    uint32_t byte = 0;
    for (uint32_t half = 128; half > 0; half /= 2) {
      size_t middle = low;
      while (middle < high && static_cast<uint8_t>(texts[middle][depth]) < byte + half) ++middle;
      uint32_t bit = middle < high;
      if (low < middle && middle < high) {
        bit = id >= middle;
        decided(mix.predict(share(F[high] - F[middle], F[high] - F[low])), bit);
        mix.learn(bit);
      } else {
        mix.skip(bit);
      }
      (bit ? low : high) = middle;
      byte += bit * half;
    }
    mix.end_byte(static_cast<uint8_t>(byte));
    if (texts[low].size() != depth + 1) continue;
    if (high - low == 1) break;
    const uint32_t ends = id == low;
    decided(mix.predict_end(share(F[low + 1] - F[low], F[high] - F[low])), ends);
    mix.learn_end(ends);
    if (ends) break;
    ++low;
  }
  mix.end_token(id);
}

}  // namespace llmz::mix_document
