// SPDX-License-Identifier: Apache-2.0
// Does the decoder, which sees only what was produced so far, stop every lane where the encoder
// cut?
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "decode/phase.h"

using namespace llmz;

namespace {

constexpr uint32_t kMaxTokenBytes = 64;

enum class Lengths { kOne, kLongest, kAny, kMostlyShort };

// Token lengths that sum to `bytes`.
std::vector<uint32_t> random_tokens(std::mt19937& random, uint64_t bytes, Lengths kind) {
  std::vector<uint32_t> lengths;
  while (bytes > 0) {
    uint32_t n = 1;
    if (kind == Lengths::kLongest) n = kMaxTokenBytes;
    if (kind == Lengths::kAny) n = 1 + random() % kMaxTokenBytes;
    if (kind == Lengths::kMostlyShort) n = random() % 50 == 0 ? kMaxTokenBytes : 1 + random() % 6;
    n = static_cast<uint32_t>(std::min<uint64_t>(n, bytes));
    lengths.push_back(n);
    bytes -= n;
  }
  return lengths;
}

struct Cut {
  size_t begin, end;
};

// The encoder's rule: a lane takes tokens until it has its share; the last lane of a round, the
// rest.
std::vector<Cut> cut(const Phase& phase, const std::vector<uint32_t>& tokens, size_t begin) {
  std::vector<Cut> lanes;
  for (uint32_t i = 0; i < phase.lanes(); ++i) {
    const bool rest = phase.ends_round() && i + 1 == phase.lanes();
    size_t end = begin;
    for (uint64_t bytes = 0; end < tokens.size() && (rest || bytes < phase.share_bytes()); ++end)
      bytes += tokens[end];
    lanes.push_back({begin, end});
    begin = end;
  }
  return lanes;
}

// Walks one phase as the decoder does; returns its bytes.
uint64_t decode(Phase& phase, const std::vector<uint32_t>& tokens, std::vector<Cut> lanes) {
  for (uint32_t i = 0; i < phase.lanes(); ++i) {
    if (lanes[i].begin == lanes[i].end)
      FAIL("lane " << i << " of " << phase.lanes() << " is empty");
  }
  std::vector<bool> will_go_on(phase.lanes(), false);
  while (!phase.finished()) {
    bool any = false;
    for (uint32_t first = 0; first < phase.lanes(); first += kGroupLanes) {
      std::vector<uint32_t> active;
      for (uint32_t i = first; i < std::min(first + kGroupLanes, phase.lanes()); ++i) {
        if (phase.active(i)) active.push_back(i);
        // The body may have taken the lane's last token already.
        if (will_go_on[i] && !phase.active(i)) FAIL("lane " << i << " was to go on");
      }
      for (uint32_t i : active) {
        if (lanes[i].begin == lanes[i].end) FAIL("lane " << i << " goes on past its tokens");
        phase.produced(i, tokens[lanes[i].begin++]);
      }
      for (uint32_t i : active) will_go_on[i] = phase.active(i);
      any |= !active.empty();
    }
    if (!any) FAIL("no lane goes on, and the phase is not finished");
  }
  for (uint32_t i = 0; i < phase.lanes(); ++i) {
    if (phase.active(i)) FAIL("lane " << i << " would go on in a finished phase");
    if (lanes[i].begin != lanes[i].end) FAIL("lane " << i << " stops before its last token");
  }
  return phase.total_bytes();
}

// A block of rounds, both ways. Returns the number of phases.
size_t walk_block(std::mt19937& random, uint64_t block_bytes, uint32_t max_lanes, Lengths kind) {
  size_t phases = 0;
  uint64_t before = 0;
  while (before < block_bytes) {
    const uint64_t round = std::min(block_bytes - before, round_size_bytes(max_lanes));
    const std::vector<uint32_t> tokens = random_tokens(random, round, kind);
    uint64_t done = 0;
    size_t used = 0;
    while (done < round) {
      Phase phase(before, round - done, max_lanes, kMaxTokenBytes);
      if (phase.lanes() < 1 || phase.lanes() > max_lanes) FAIL(phase.lanes() << " lanes");
      const std::vector<Cut> lanes = cut(phase, tokens, used);
      used = lanes.back().end;
      const uint64_t bytes = decode(phase, tokens, lanes);
      done += bytes;
      before += bytes;
      ++phases;
    }
    if (done != round || used != tokens.size()) FAIL("a round has another end");
  }
  return phases;
}

constexpr Lengths kKinds[] = {Lengths::kOne, Lengths::kLongest, Lengths::kAny,
                              Lengths::kMostlyShort};

}  // namespace

TEST_CASE("both directions agree at every border of phases and rounds") {
  std::mt19937 random(1);
  for (uint32_t lanes : {1u, 2u, 3u, 5u, 16u, 64u, 255u}) {
    for (uint64_t border : {0u, 1024u, 2048u, 4096u, 6144u, 12288u, 16384u, 28672u, 61440u, 65536u,
                            131072u, 524288u}) {
      for (int off : {-64, -1, 0, 1, 63, 64}) {
        if (border == 0 && off < 0) continue;
        const uint64_t size = border + static_cast<uint64_t>(static_cast<int64_t>(off));
        for (Lengths kind : kKinds) {
          CAPTURE(lanes, size, static_cast<int>(kind));
          if (kind == Lengths::kOne && size > 100000) continue;
          walk_block(random, size, lanes, kind);
        }
      }
    }
  }
}

TEST_CASE("both directions agree for random sizes and numbers of lanes") {
  std::mt19937 random(2);
  for (int i = 0; i < 400; ++i) {
    const uint32_t lanes = 1 + random() % 255;
    const uint64_t size = random() % (uint64_t{1} << (4 + random() % 16));
    const Lengths kind = kKinds[random() % 4];
    CAPTURE(i, lanes, size, static_cast<int>(kind));
    walk_block(random, size, lanes, kind);
  }
}

TEST_CASE("both directions agree over several rounds") {
  std::mt19937 random(3);
  for (uint32_t lanes : {1u, 7u, 16u, 40u}) {
    CAPTURE(lanes);
    const uint64_t size = 2 * round_size_bytes(lanes) + 1 + random() % 5000;
    CHECK(walk_block(random, size, lanes, Lengths::kAny) >= 3);
  }
}

TEST_CASE("a short text is not cut, a long one has all lanes") {
  CHECK(Phase(0, 4096, 16, kMaxTokenBytes).lanes() == 1);
  CHECK(Phase(0, 500'000, 16, kMaxTokenBytes).lanes() == 1);
  CHECK(Phase(200'000, 300'000, 16, kMaxTokenBytes).lanes() == 16);
  CHECK(Phase(200'000, 300'000, 255, kMaxTokenBytes).lanes() > 16);
}
