// SPDX-License-Identifier: Apache-2.0
// The body of a walk on threads of its own: lanes ask for the hidden vectors of their next tokens,
// and the walk goes on until it needs them. Work is taken, not assigned: a walk that must wait runs
// what no helper has taken, so that with no helper, or with one that has lost its processor,
// everything runs in the walk's own thread. Helpers are started when there is work that none of
// them is free for, and work while threads are left over by the blocks beside this one.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "decode/spare_threads.h"
#include "exact/engine.h"

namespace llmz {

class BodyAhead {
 public:
  // The engine and the threads outlive it. At most `workers` threads, the walk's included. spare:
  // what helpers take their threads from; nullptr: there is enough.
  BodyAhead(Engine& engine, size_t dim, unsigned workers, SpareThreads* spare);
  ~BodyAhead();
  BodyAhead(const BodyAhead&) = delete;

  // All lanes are copies of lane `source` now. No request is open.
  void fork(uint32_t source, uint32_t lanes);
  // Asks for the hidden vectors of a lane's next tokens (at most kMaxTokensPerLane), one request of
  // a lane at a time; `hidden` stays where it is until wait() returns.
  void request(uint32_t lane, const uint32_t* tokens, size_t count, int8_t* hidden);
  // Lets helpers take what was asked for.
  void call_helpers();
  // Returns when the lane's request is done; rethrows what went wrong.
  void wait(uint32_t lane);

 private:
  struct Request {
    uint32_t lane;
    size_t count;
    std::array<uint32_t, Body::kMaxTokensPerLane> tokens;
    int8_t* hidden;
  };
  struct Worker {
    std::vector<Request> taken;
    std::vector<LaneTokens> run;
    std::vector<int8_t> hidden;
  };

  void help(unsigned number);
  void take(size_t most_rows, Worker& worker);
  void perform(unsigned number, std::unique_lock<std::mutex>& lock, size_t most_rows);
  void run_taken(unsigned number);
  size_t queued_rows() const;

  Engine& engine_;
  const size_t dim_;
  SpareThreads* const spare_;
  std::vector<Worker> workers_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable called_, done_;
  std::deque<Request> queue_;
  std::vector<bool> open_;  // of each lane: asked for and not done
  unsigned idle_ = 0;
  bool calling_ = false, stopping_ = false;
  std::exception_ptr error_;
  std::atomic<uint64_t> changes_{0};  // of calls and of what is done, for those that spin
  std::vector<std::thread> helpers_;
};

}  // namespace llmz
