// SPDX-License-Identifier: Apache-2.0
#include "decode/phase.h"

#include <algorithm>
#include <numeric>

#include "container/format.h"

namespace llmz {
namespace {

constexpr uint64_t kSmallestLaneBytes =
    1024;  // shorter lanes would lose more to cold starts than they gain in speed
constexpr uint64_t kRoundBytesPerLane = 32768;
constexpr uint64_t kSmallestRoundBytes = 65536;

}  // namespace

uint64_t round_size_bytes(uint32_t max_lanes) {
  return std::min<uint64_t>(std::max(kSmallestRoundBytes, max_lanes * kRoundBytesPerLane),
                            kMaxRoundBytes);
}

Phase::Phase(uint64_t block_bytes, uint64_t remaining, uint32_t max_lanes, uint32_t max_token_bytes)
    : max_token_bytes_(max_token_bytes) {
  uint64_t lanes = 1;
  while (lanes < max_lanes && block_bytes >= kFirstLaneBytes * (2 * lanes - 1)) lanes *= 2;
  lanes = std::min<uint64_t>(lanes, max_lanes);
  const uint64_t growing = lanes * kFirstLaneBytes;
  // A lane may end up to a token past its share; the next phase needs something left.
  ends_round_ = lanes == max_lanes || remaining < growing + growing / 2;
  if (ends_round_) {
    // All overshoots together stay below one share, so that the last lane is never empty.
    while (lanes > 1 &&
           remaining / lanes < std::max<uint64_t>(kSmallestLaneBytes, lanes * max_token_bytes))
      lanes /= 2;
  }
  total_ = ends_round_ ? remaining : growing;
  share_ = total_ / lanes;
  produced_.assign(lanes, 0);
}

bool Phase::active(uint32_t lane) const {
  if (!ends_round_ || lane + 1 < lanes()) return !has_share(lane);
  uint64_t others = 0;  // the most that the other lanes can have in the end
  for (uint32_t i = 0; i < lane; ++i)
    others += has_share(i) ? produced_[i] : share_ - 1 + max_token_bytes_;
  return others + produced_[lane] < total_;
}

bool Phase::finished() const {
  if (ends_round_) return total_bytes() >= total_;
  for (uint32_t i = 0; i < lanes(); ++i) {
    if (!has_share(i)) return false;
  }
  return true;
}

uint64_t Phase::total_bytes() const {
  return std::accumulate(produced_.begin(), produced_.end(), uint64_t{0});
}

}  // namespace llmz
