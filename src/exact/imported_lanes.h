// SPDX-License-Identifier: Apache-2.0
// "Lanes" of docs/exact-imported.md, for every engine: which tokens a lane holds, and when it
// starts again. An engine computes what it is given (run()).
#pragma once

#include <vector>

#include "exact/engine.h"

namespace llmz::exact {

// Throws kInternal unless advance() may be called with these lanes, of `lane_count` that there are.
void check_lanes(const std::vector<LaneTokens>& lanes, size_t lane_count, uint32_t vocabulary);

class ImportedLanes : public Body {
 public:
  void advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) final;

 protected:
  // Tokens that one lane is about to hold; run() puts them into held_.
  struct Piece {
    size_t lane;
    std::vector<int64_t> rows;  // of the embedding
    int8_t* hidden;             // where the vectors go; null for those that are not wanted
  };

  // most_rows: of one call of run(), unless a single piece has more; bounds the memory.
  ImportedLanes(const ExactModel& model, size_t most_rows)
      : most_rows_(most_rows),
        positions_of_lane_(model.imported->shape.positions),
        hidden_size_(model.config.dim),
        start_row_(model.config.vocabulary) {}

  virtual void run(const Piece* pieces, size_t count) = 0;

  std::vector<std::vector<int64_t>> held_;  // of each lane: rows of the embedding, by position

 private:
  std::vector<int64_t> rows_of(const LaneTokens& part, size_t first, size_t count) const;
  void restart_full_lanes(const std::vector<LaneTokens>& lanes, const std::vector<size_t>& used);
  void run_all(const std::vector<Piece>& pieces);

  const size_t most_rows_, positions_of_lane_, hidden_size_;
  const uint32_t start_row_;
};

}  // namespace llmz::exact
