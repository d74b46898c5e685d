// SPDX-License-Identifier: Apache-2.0
// What the tokens of a block cost with a head that does not learn: nothing has an order then, so
// each thread takes whole lanes, and windows of them at once.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "exact/engine.h"
#include "vocabulary/vocabulary.h"

namespace llmz {

// Sees every token of a text with the table that it is measured by.
class TableObserver {
 public:
  virtual ~TableObserver() = default;
  // Once, before everything else.
  virtual void begin(const Vocabulary& vocabulary) = 0;
  // The tokens of the next round.
  virtual void round(const std::vector<uint32_t>& tokens) = 0;
  // The frequencies of all tokens at `place` of the round; their sum is 2^24. Called once for each
  // place, in no order, by several threads at once.
  virtual void table(size_t place, const uint32_t* frequencies) = 0;
};

class FrozenWalk {
 public:
  // The engine and the vocabulary outlive the walk. At most max_lanes lanes.
  FrozenWalk(Engine& engine, const Vocabulary& vocabulary, const ModelConfig& config,
             uint32_t max_lanes);

  // -log2 of the frequencies of the next round's tokens, which stand for round_bytes bytes.
  double bits(const std::vector<uint32_t>& tokens, uint64_t round_bytes);
  // Bytes of all rounds so far.
  uint64_t block_bytes() const { return block_bytes_; }

  // Called now and then, by the calling thread, with the bytes of the block done so far; may throw.
  std::function<void(uint64_t)> progress;
  // Gets the tables of bits() if there is one.
  TableObserver* observer = nullptr;

 private:
  struct Part {
    const uint32_t* tokens;
    size_t count;
    size_t place;  // of its first token in the round
    double bits = 0;
  };

  void measure(unsigned worker, uint32_t lane, uint32_t before, Part& part,
               std::atomic<uint64_t>& done);

  Engine& engine_;
  const Vocabulary& vocabulary_;
  ModelConfig config_;
  uint32_t max_lanes_;
  uint64_t block_bytes_ = 0;
  uint32_t lanes_ = 1, pending_ = 0;  // the last lane's token that has not gone into the body
};

}  // namespace llmz
