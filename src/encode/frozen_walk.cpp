// SPDX-License-Identifier: Apache-2.0
#include "encode/frozen_walk.h"

#include <algorithm>
#include <cmath>

#include "base/thread_team.h"
#include "entropy/range_coder.h"

namespace llmz {
namespace {

// Context is what every lane has read of its own part, and the end of the round before: a part must
// not be short.
constexpr uint64_t kPartBytes = 16 << 10;
constexpr size_t kTablesAtOnce = 16;  // what a cache holds

}  // namespace

FrozenWalk::FrozenWalk(Engine& engine, const Vocabulary& vocabulary, const ModelConfig& config,
                       uint32_t max_lanes)
    : engine_(engine),
      vocabulary_(vocabulary),
      config_(config),
      max_lanes_(std::max(max_lanes, 1u)) {
  engine_.body->reset();
  engine_.head->reset(0);
}

double FrozenWalk::bits(const std::vector<uint32_t>& tokens, uint64_t round_bytes) {
  const auto lanes =
      static_cast<uint32_t>(std::clamp<uint64_t>(round_bytes / kPartBytes, 1, max_lanes_));
  engine_.body->fork(lanes_ - 1, lanes);
  lanes_ = lanes;
  std::vector<Part> parts;
  for (uint32_t i = 0; i < lanes; ++i) {
    const size_t begin = tokens.size() * i / lanes, end = tokens.size() * (i + 1) / lanes;
    parts.push_back({tokens.data() + begin, end - begin, begin});
  }
  std::atomic<uint32_t> next{0};
  std::atomic<uint64_t> done{0};
  ThreadTeam team(std::min(engine_.workers, lanes));
  team.run([&](unsigned worker) {
    for (uint32_t i = next++; i < lanes; i = next++) measure(worker, i, pending_, parts[i], done);
  });
  if (parts.back().count > 0) pending_ = parts.back().tokens[parts.back().count - 1];
  block_bytes_ += round_bytes;
  double sum = 0;
  for (const Part& part : parts) sum += part.bits;
  return sum;
}

void FrozenWalk::measure(unsigned worker, uint32_t lane, uint32_t before, Part& part,
                         std::atomic<uint64_t>& done) {
  const size_t vocabulary = config_.vocabulary;
  std::vector<int8_t> hidden(Body::kMaxTokensPerLane * config_.dim);
  std::vector<uint32_t> inputs, frequencies(kTablesAtOnce * vocabulary);
  for (size_t first = 0; first < part.count;) {
    const size_t count = std::min(part.count - first, Body::kMaxTokensPerLane);
    const uint32_t* tokens = part.tokens + first;
    inputs.assign(1, first == 0 ? before : part.tokens[first - 1]);
    inputs.insert(inputs.end(), tokens, tokens + count - 1);
    engine_.body->advance_as(worker, {{lane, inputs.data(), count}}, hidden.data());
    uint64_t bytes = 0;
    for (size_t row = 0; row < count; ++row) {
      const size_t in_tables = row % kTablesAtOnce;
      if (in_tables == 0)
        engine_.head->frequencies_as(worker, hidden.data() + row * config_.dim,
                                     std::min(kTablesAtOnce, count - row), frequencies.data());
      const uint32_t* table = frequencies.data() + in_tables * vocabulary;
      const uint32_t f = table[tokens[row]];
      if (observer) observer->table(part.place + first + row, table);
      part.bits += kFrequencyBits - std::log2(static_cast<double>(f));
      bytes += vocabulary_.bytes(tokens[row]).size();
    }
    done += bytes;
    if (worker == 0 && progress) progress(block_bytes_ + done);
    first += count;
  }
}

}  // namespace llmz
