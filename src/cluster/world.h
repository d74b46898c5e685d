// SPDX-License-Identifier: Apache-2.0
// The processes of one run and messages between them: MPI, or without it a world of one. Used on
// one thread. No call waits: whoever has nothing to do sleeps between two, as MPI itself would not.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace llmz {

enum class Tag : int {
  kJob = 1,  // from the leader: what comes next
  kReady,    // to the leader: how many items at once
  kItem,     // from the leader: do this one
  kResult,   // to the leader: what came of it
  kFailed,   // to the leader: an error
  kStop,     // from the leader: the job has ended before its end
  kAlive,    // to the leader: every few seconds
  kEnd,      // from the leader: there is no other job
  kGone      // to the leader: the last message
};

struct Message {
  int from = 0;
  Tag tag = Tag::kAlive;
  Bytes bytes;
};

class World {
 public:
  // processes: what the launcher says that it has started; 0 for a world of this process alone.
  // Throws Error{kUsage} where this llmz has no MPI, or MPI knows another number.
  explicit World(int processes);
  World(const World&) = delete;
  ~World();

  int rank() const { return rank_; }
  int size() const { return size_; }
  // "rank 3 on node7"; every process knows all.
  std::string name_of(int rank) const;
  // On this machine, this one included.
  unsigned neighbours() const { return neighbours_; }
  // This process's share of the processors that it may run on, at least 1.
  unsigned processors() const { return processors_; }

  // At most 2^31 - 1 bytes.
  void send(int to, Tag tag, Bytes bytes);
  std::optional<Message> receive();
  // Whether something that was sent has not left yet.
  bool sending();

  // When all have come to it.
  void leave();
  // Ends all processes, whatever they do.
  [[noreturn]] void abort(int status);

 private:
  struct Mpi;
  std::unique_ptr<Mpi> mpi_;
  int rank_ = 0, size_ = 1;
  unsigned neighbours_ = 1, processors_ = 1;
};

}  // namespace llmz
