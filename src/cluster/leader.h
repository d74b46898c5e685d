// SPDX-License-Identifier: Apache-2.0
// One job as the process that hands its items out sees it.
#pragma once

#include <deque>
#include <set>
#include <vector>

#include "cluster/cluster.h"
#include "cluster/pool.h"

namespace llmz {

// How long a process may say nothing before it is taken for dead.
std::chrono::seconds patience();

class Leader {
 public:
  using Take = std::function<void(uint64_t item, Bytes result)>;
  Leader(Cluster& cluster, const Job& job, const Prepare& prepare, const Take& take,
         const Progress& progress);
  // Tells the others, where the job has not come to its end.
  ~Leader();
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Other {
    Clock::time_point heard;
    uint64_t done_bytes = 0;  // of the items at work
  };

  void tell_all(Tag tag);
  void hear();
  void hear(const Message& message);
  void take_own();
  void hand_out();
  std::optional<uint64_t> next_item();
  uint64_t size_bytes(uint64_t item) const;
  void add_room(int rank, uint64_t items);
  void arrived(uint64_t item, Bytes result);
  void check_others();
  void report();
  [[noreturn]] void fail(int rank, const Error& error) const;

  Cluster& cluster_;
  World& world_;
  const Job& job_;
  const Prepare& prepare_;
  const Take& take_;
  const Progress& progress_;
  std::vector<Other> others_;  // by rank
  std::deque<int> free_;       // ranks, once for each item that they have room for
  uint64_t room_ = 0;          // of all of them
  Share own_;
  uint64_t next_ = 0;   // the first item that was not looked at
  uint64_t ahead_ = 0;  // the first item that is not done
  std::set<uint64_t> arrived_beyond_;
  uint64_t left_ = 0, done_bytes_ = 0;
  Clock::time_point looked_ = Clock::now();
  bool ended_ = false;
  Pool pool_;  // the last member: it ends first
};

}  // namespace llmz
