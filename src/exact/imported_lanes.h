// SPDX-License-Identifier: Apache-2.0
// "Lanes" of docs/exact-imported.md, for every engine: which tokens a lane holds, and when it
// starts again. An engine computes what it is given (run()).
#pragma once

#include <string>
#include <utility>
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
        kept_positions_(model.imported->shape.kept()),
        hidden_size_(model.config.dim),
        start_row_(model.config.vocabulary) {}

  virtual void run(const Piece* pieces, size_t count) = 0;

  std::vector<std::vector<int64_t>> held_;  // of each lane: rows of the embedding, by position

 private:
  std::vector<int64_t> rows_of(const LaneTokens& part, size_t first, size_t count) const;
  void restart_full_lanes(const std::vector<LaneTokens>& lanes, const std::vector<size_t>& used);
  void run_all(const std::vector<Piece>& pieces);

  const size_t most_rows_, positions_of_lane_, kept_positions_, hidden_size_;
  const uint32_t start_row_;
};

// The lanes of an engine that keeps a cache of keys and values for each; Cache() holds nothing.
template <class Cache>
class CachedLanes : public ImportedLanes {
 public:
  void reset() final {
    held_.assign(1, {});
    caches_.assign(1, Cache());
  }

  void fork(uint32_t source, uint32_t lanes) final {
    if (source >= held_.size())
      throw Error(ErrorKind::kInternal, "fork: there is no lane " + std::to_string(source));
    const std::vector<int64_t> held = std::move(held_[source]);
    Cache original = std::move(caches_[source]);
    held_.assign(lanes, held);
    caches_.clear();
    for (uint32_t i = 1; i < lanes; ++i) caches_.push_back(copy_of(original, held.size()));
    caches_.push_back(std::move(original));
  }

  std::unique_ptr<KeptState> keep(uint32_t lane) const final {
    return KeptStateOf<Kept>::of({held_.at(lane), copy_of(caches_.at(lane), held_[lane].size())});
  }
  void resume(const KeptState& state) final {
    const Kept& kept = KeptStateOf<Kept>::in(state);
    held_.assign(1, kept.held);
    caches_.assign(1, copy_of(kept.cache, kept.held.size()));
  }

 protected:
  CachedLanes(const ExactModel& model, size_t most_rows) : ImportedLanes(model, most_rows) {
    CachedLanes::reset();
  }
  // Of the first positions; of an empty cache another one.
  virtual Cache copy_of(const Cache& cache, size_t positions) const = 0;

  std::vector<Cache> caches_;  // of each lane

 private:
  struct Kept {
    std::vector<int64_t> held;
    Cache cache;
  };
};

}  // namespace llmz::exact
