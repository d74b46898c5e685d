// SPDX-License-Identifier: Apache-2.0
// A process that does what the leader hands out.
#pragma once

#include "cluster/cluster.h"
#include "cluster/pool.h"

namespace llmz {

class Member {
 public:
  Member(Cluster& cluster, const Prepare& prepare) : world_(cluster.world_), prepare_(prepare) {}
  // Until the leader leaves.
  void run(const std::function<void()>& tick);

 private:
  using Clock = std::chrono::steady_clock;

  // False for the end.
  bool hear(const Message& message);
  void begin_job(ByteView description);
  void send_done();
  void send_alive();
  Bytes of_job() const;

  World& world_;
  const Prepare& prepare_;
  uint64_t job_number_ = 0;
  Bytes description_;
  Share share_;
  Clock::time_point next_sign_ = Clock::now();
  Pool pool_;  // the last member: it ends first
};

}  // namespace llmz
