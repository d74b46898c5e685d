// SPDX-License-Identifier: Apache-2.0
// Items at work on threads of this process, each on one of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "cluster/cluster.h"

namespace llmz {

class Pool {
 public:
  // How an item's work ends when it is stopped.
  struct Stopped {};
  struct Done {
    uint64_t item = 0;
    Bytes result;
    std::exception_ptr error;
  };

  ~Pool() { stop(); }

  void begin(uint64_t item, const ItemWork& work);
  // In the order in which they end.
  std::optional<Done> take_done();
  size_t at_work() const { return running_.size(); }
  // Content bytes done of those at work.
  uint64_t done_bytes() const;
  // Until one has ended, at most so long.
  void wait(std::chrono::microseconds most);
  // Ends all work, and forgets it.
  void stop();

 private:
  struct Running {
    uint64_t item = 0;
    std::atomic<uint64_t> done_bytes{0};
    std::thread thread;
  };
  void run(Running& running, const ItemWork& work);

  std::list<Running> running_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Done> done_;
  std::atomic<bool> stopping_{false};
};

}  // namespace llmz
