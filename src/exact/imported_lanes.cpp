// SPDX-License-Identifier: Apache-2.0
#include "exact/imported_lanes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace llmz::exact {

void check_lanes(const std::vector<LaneTokens>& lanes, size_t lane_count, uint32_t vocabulary) {
  int64_t before = -1;
  for (const LaneTokens& part : lanes) {
    if (part.lane <= before || part.lane >= lane_count || part.count > Body::kMaxTokensPerLane) {
      throw Error(ErrorKind::kInternal,
                  "advance: lanes must exist, ascend and have at most 64 tokens; lane " +
                      std::to_string(part.lane) + " does not");
    }
    before = part.lane;
    for (size_t i = 0; i < part.count; ++i) {
      if (part.tokens[i] >= vocabulary)
        throw Error(ErrorKind::kInternal, "advance: a token is not in the vocabulary");
    }
  }
}

void ImportedLanes::advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) {
  check_lanes(lanes, held_.size(), start_row_);
  std::vector<size_t> used(lanes.size(), 0);
  std::vector<Piece> pieces;
  for (bool left = true; left;) {
    left = false;
    restart_full_lanes(lanes, used);
    pieces.clear();
    int8_t* to = hidden;
    for (size_t i = 0; i < lanes.size(); ++i) {
      const LaneTokens& part = lanes[i];
      const size_t room = positions_of_lane_ - held_[part.lane].size();
      const size_t count = std::min(part.count - used[i], room);
      int8_t* begin = to + used[i] * hidden_size_;
      if (count > 0) pieces.push_back({part.lane, rows_of(part, used[i], count), begin});
      to += part.count * hidden_size_;
      used[i] += count;
      left = left || used[i] < part.count;
    }
    run_all(pieces);
  }
}

// A lane that holds nothing yet takes its first token for the start token.
std::vector<int64_t> ImportedLanes::rows_of(const LaneTokens& part, size_t first,
                                            size_t count) const {
  std::vector<int64_t> rows(part.tokens + first, part.tokens + first + count);
  if (held_[part.lane].empty()) rows[0] = start_row_;
  return rows;
}

void ImportedLanes::restart_full_lanes(const std::vector<LaneTokens>& lanes,
                                       const std::vector<size_t>& used) {
  std::vector<std::vector<int64_t>> again;
  std::vector<size_t> which;
  for (size_t i = 0; i < lanes.size(); ++i) {
    std::vector<int64_t>& held = held_[lanes[i].lane];
    if (used[i] == lanes[i].count || held.size() < positions_of_lane_) continue;
    std::vector<int64_t> rows = {start_row_};
    rows.insert(rows.end(), held.end() - static_cast<ptrdiff_t>(kept_positions_), held.end());
    held.clear();
    again.push_back(std::move(rows));
    which.push_back(lanes[i].lane);
  }
  for (size_t done = 0; !again.empty() && done < again[0].size(); done += kMaxTokensPerLane) {
    std::vector<Piece> pieces;
    for (size_t i = 0; i < again.size(); ++i) {  // all are equally long
      const auto begin = again[i].begin() + static_cast<ptrdiff_t>(done);
      const size_t count = std::min(again[i].size() - done, kMaxTokensPerLane);
      pieces.push_back({which[i], {begin, begin + static_cast<ptrdiff_t>(count)}, nullptr});
    }
    run_all(pieces);
  }
}

void ImportedLanes::run_all(const std::vector<Piece>& pieces) {
  for (size_t begin = 0; begin < pieces.size();) {
    size_t end = begin, rows = 0;
    while (end < pieces.size() && (end == begin || rows + pieces[end].rows.size() <= most_rows_))
      rows += pieces[end++].rows.size();
    run(pieces.data() + begin, end - begin);
    begin = end;
  }
}

}  // namespace llmz::exact
