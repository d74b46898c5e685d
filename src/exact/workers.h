// SPDX-License-Identifier: Apache-2.0
// Threads for the integer loops of imported models. libtorch's own (OpenMP) spin at every barrier:
// beside one busy neighbour nine tenths of the time went there.
#pragma once

#include <atomic>
#include <functional>

#include "base/thread_team.h"

namespace llmz::exact {

class Workers {
 public:
  explicit Workers(unsigned threads) : team_(threads) {}

  // Calls work(i) for each i below count, once, on any thread.
  void for_each(int64_t count, const std::function<void(int64_t)>& work) {
    std::atomic<int64_t> next{0};
    const auto take = [&](unsigned) {
      for (int64_t i = next++; i < count; i = next++) work(i);
    };
    if (count > 1 && team_.members() > 1) {
      team_.run(take);
    } else {
      take(0);
    }
  }

 private:
  ThreadTeam team_;
};

}  // namespace llmz::exact
