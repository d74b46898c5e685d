// SPDX-License-Identifier: Apache-2.0
// How the bytes of a round are shared among lanes: the one place that both directions take it from.
//
// A round is a sequence of phases; in a phase a number of lanes advance side by side, one
// token a step. The first phases of a block are short and have few lanes, so that a short text
// is not cut. No length is stored: every lane but the last takes tokens until it has its share of
// the phase, and the last phase of a round ends where the round ends. Its last lane must know
// where the others ended before it can know where it ends: it pauses when it could be at its end,
// until the others are.
#pragma once

#include <cstdint>
#include <vector>

namespace llmz {

// Rounds are this large (the last one of a block is smaller).
uint64_t round_size_bytes(uint32_t max_lanes);

// A lane's share while the number of lanes still grows, and the content below which there is only
// one, whatever was asked for.
constexpr uint64_t kFirstLaneBytes = 4096, kOneLaneBytes = kFirstLaneBytes * 3 / 2;

// Lanes code in groups of so many: the head gives the tables of a group, the group codes, the head
// learns from it, then the next one follows.
constexpr uint32_t kGroupLanes = 8;

class Phase {
 public:
  // The phase that begins after `block_bytes` bytes of the block, with `round_remaining_bytes` >
  // 0 left of its round.
  Phase(uint64_t block_bytes, uint64_t round_remaining_bytes, uint32_t max_lanes,
        uint32_t max_token_bytes);

  uint32_t lanes() const { return static_cast<uint32_t>(produced_.size()); }
  // Bytes that every lane (of the last phase: but the last) has at least. The encoder cuts its
  // tokens by it.
  uint64_t share_bytes() const { return share_; }
  // No lane has more: a lane stops at its share, and the last one gets what the others leave.
  uint64_t most_lane_bytes() const { return share_ + lanes() + max_token_bytes_; }
  bool ends_round() const { return ends_round_; }

  // Whether this lane codes a token when its group comes next, given what all lanes have produced
  // so far.
  bool active(uint32_t lane) const;
  bool finished() const;
  void produced(uint32_t lane, uint64_t bytes) { produced_[lane] += bytes; }
  uint64_t total_bytes() const;

 private:
  bool has_share(uint32_t lane) const { return produced_[lane] >= share_; }
  uint64_t total_, share_;
  uint32_t max_token_bytes_;
  bool ends_round_;
  std::vector<uint64_t> produced_;
};

}  // namespace llmz
