// SPDX-License-Identifier: Apache-2.0
// What is made when it is first needed, by whichever thread comes first.
#pragma once

#include <atomic>
#include <mutex>

namespace llmz {

// As std::once_flag, whose call_once() may not throw where memory has run out: the exception would
// pass through the C library, which then loads the means to unwind itself, and aborts without them.
class Once {
 public:
  // Runs `make` unless it has been run to its end; what it throws, the caller gets, and the next
  // call tries again.
  template <class Make>
  void run(Make&& make) {
    if (done_.load(std::memory_order_acquire)) return;
    std::lock_guard<std::mutex> lock(mutex_);
    if (done_.load(std::memory_order_relaxed)) return;
    make();
    done_.store(true, std::memory_order_release);
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> done_{false};
};

}  // namespace llmz
