// SPDX-License-Identifier: Apache-2.0
// Random tokens for the lanes of a body, in calls of any lanes and any lengths.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "exact/engine.h"

namespace llmz::test {

class Random {
 public:
  explicit Random(uint64_t seed) : source_(seed) {}
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((source_() >> 32) * n >> 32); }
  std::vector<uint32_t> tokens(size_t count, uint32_t vocabulary) {
    std::vector<uint32_t> all(count);
    for (uint32_t& t : all) t = below(vocabulary);
    return all;
  }

 private:
  std::mt19937_64 source_;
};

// Feeds every lane of the body its own tokens, in calls of any lanes and any counts; returns each
// lane's hidden vectors.
inline std::vector<std::vector<int8_t>> in_any_pieces(
    Random& random, Body& body, size_t dim, const std::vector<std::vector<uint32_t>>& tokens) {
  std::vector<std::vector<int8_t>> hidden(tokens.size());
  std::vector<size_t> used(tokens.size(), 0);
  for (bool left = true; left;) {
    left = false;
    std::vector<LaneTokens> call;
    size_t rows = 0;
    const uint32_t most = random.below(4) == 0 ? 2 : Body::kMaxTokensPerLane;
    for (uint32_t lane = 0; lane < tokens.size(); ++lane) {
      const size_t rest = tokens[lane].size() - used[lane];
      left = left || rest > 0;
      if (rest == 0 || random.below(3) == 0) continue;
      const size_t count = std::min<size_t>(rest, 1 + random.below(most));
      call.push_back({lane, tokens[lane].data() + used[lane], count});
      used[lane] += count;
      rows += count;
    }
    std::vector<int8_t> out(rows * dim);
    body.advance(call, out.data());
    auto from = out.begin();
    for (const LaneTokens& part : call) {
      const auto to = from + static_cast<ptrdiff_t>(part.count * dim);
      hidden[part.lane].insert(hidden[part.lane].end(), from, to);
      from = to;
    }
  }
  return hidden;
}

}  // namespace llmz::test
