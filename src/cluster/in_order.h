// SPDX-License-Identifier: Apache-2.0
// Results in the order in which they come, out in that of their items. Those that wait are in the
// journal where there is one, else in memory.
#pragma once

#include <functional>
#include <map>

#include "cluster/journal.h"

namespace llmz {

class InOrder {
 public:
  // journal: may be null. What it has already is given out as its turn comes.
  InOrder(uint64_t items, Journal* journal, std::function<void(uint64_t item, Bytes)> give)
      : items_(items), journal_(journal), give_(std::move(give)) {}

  void take(uint64_t item, Bytes result) {
    if (journal_) journal_->keep(item, result);
    if (item == next_) {
      give_(next_++, std::move(result));
    } else if (!journal_) {
      waiting_[item] = std::move(result);
    }
    give_waiting();
  }

  void give_waiting() {
    for (; next_ < items_; ++next_) {
      const auto waits = waiting_.find(next_);
      if (waits != waiting_.end()) {
        give_(next_, std::move(waits->second));
        waiting_.erase(waits);
      } else if (journal_ && journal_->has(next_)) {
        give_(next_, journal_->result(next_));
      } else {
        return;
      }
    }
  }

 private:
  const uint64_t items_;
  Journal* const journal_;
  const std::function<void(uint64_t, Bytes)> give_;
  uint64_t next_ = 0;
  std::map<uint64_t, Bytes> waiting_;
};

}  // namespace llmz
