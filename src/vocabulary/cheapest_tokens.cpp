// SPDX-License-Identifier: Apache-2.0
#include "vocabulary/cheapest_tokens.h"

#include <array>

namespace llmz {
namespace {

// Finds the tokens that a text begins with. Ids are sorted by their bytes, so those that begin with
// the same ones are neighbours.
class Beginnings {
 public:
  explicit Beginnings(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
    for (uint32_t b = 0, id = 0; b <= 256; ++b) {
      while (id < vocabulary.size() && static_cast<uint8_t>(vocabulary.bytes(id)[0]) < b) ++id;
      first_[b] = id;
    }
  }

  // Calls found(id, length) in ascending order of length.
  template <class Found>
  void of(ByteView text, Found&& found) const {
    uint32_t low = first_[text.data[0]], high = first_[text.data[0] + 1u];
    for (size_t length = 1;; ++length) {
      // A token comes before those that it begins.
      if (vocabulary_.bytes(low).size() == length) found(low++, length);
      if (low == high || length == text.size) return;
      const uint8_t next = text.data[length];
      low = first_at_least(low, high, length, next);
      high = first_at_least(low, high, length, next + 1u);
      if (low == high) return;
    }
  }

 private:
  uint32_t first_at_least(uint32_t low, uint32_t high, size_t depth, uint32_t byte) const {
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (static_cast<uint8_t>(vocabulary_.bytes(middle)[depth]) < byte) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  const Vocabulary& vocabulary_;
  std::array<uint32_t, 257> first_;  // of the ids that begin with this byte or a larger one
};

}  // namespace

std::vector<uint32_t> cheapest_tokens(const Vocabulary& vocabulary,
                                      const std::vector<uint32_t>& costs, ByteView text) {
  const Beginnings beginnings(vocabulary);
  std::vector<uint64_t> cost_from(text.size + 1, 0);  // what the rest costs
  std::vector<uint8_t> length_at(text.size, 1);
  for (size_t i = text.size; i-- > 0;) {
    cost_from[i] = ~uint64_t{0};
    beginnings.of(text.subview(i, text.size - i), [&](uint32_t token, size_t length) {
      const uint64_t cost = costs[token] + cost_from[i + length];
      if (cost >= cost_from[i]) return;
      cost_from[i] = cost;
      length_at[i] = static_cast<uint8_t>(length);
    });
  }
  std::vector<uint32_t> tokens;
  for (size_t i = 0; i < text.size; i += length_at[i])
    tokens.push_back(*vocabulary.find(text.subview(i, length_at[i]).text()));
  return tokens;
}

}  // namespace llmz
