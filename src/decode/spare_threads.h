// SPDX-License-Identifier: Apache-2.0
// The threads of a call that no block takes: blocks come first, and the helpers inside of them
// share what is left.
#pragma once

#include <atomic>

namespace llmz {

class SpareThreads {
 public:
  explicit SpareThreads(unsigned threads) : left_(static_cast<int>(threads)) {}

  bool any() const { return left_ > 0; }
  // Of a helper, for some milliseconds of work.
  bool take() {
    int left = left_;
    while (left > 0) {
      if (left_.compare_exchange_weak(left, left - 1)) return true;
    }
    return false;
  }
  void give_back() { ++left_; }

  // A block has its thread at once, also where a helper has still to give one back.
  class Block {
   public:
    explicit Block(SpareThreads& spare) : spare_(spare) { --spare_.left_; }
    ~Block() { ++spare_.left_; }
    Block(const Block&) = delete;

   private:
    SpareThreads& spare_;
  };

 private:
  std::atomic<int> left_;
};

}  // namespace llmz
