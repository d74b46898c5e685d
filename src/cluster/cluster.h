// SPDX-License-Identifier: Apache-2.0
// A job of many items, which the processes of a run take as they become free. One process leads: it
// hands the items out and gets what comes of them, and works too. Whatever an item is, a job says
// enough in a few bytes for every process to do any of them; what is long is read from files that
// all see.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "cluster/world.h"
#include "llmz/compress.h"

namespace llmz {

// Does an item on a thread of its own. progress: content bytes done; may throw to stop.
using ItemWork = std::function<Bytes(uint64_t item, const Progress& progress)>;

// What a process does of a job.
struct Share {
  unsigned at_once = 1;
  ItemWork work;
};

// From the description of a job. Runs on a thread of its own; what it throws ends the job.
using Prepare = std::function<Share(ByteView description)>;

struct Job {
  Bytes description;
  uint64_t items = 0;
  std::function<bool(uint64_t item)> is_done;         // before; null: none
  std::function<uint64_t(uint64_t item)> size_bytes;  // of its content, for the progress
  // Results are long and wait in memory for those before them: no more items are begun than there
  // is room for at once, and some, after the first that is not done.
  bool bounded = false;
};

class Cluster {
 public:
  // As World.
  explicit Cluster(int processes);

  bool leads() const { return world_.rank() == 0; }
  int processes() const { return world_.size(); }
  unsigned neighbours() const { return world_.neighbours(); }
  unsigned processors() const { return world_.processors(); }

  // Of the leader: does a job. take() gets every item once, in the order in which they end; it and
  // progress are called on this thread. An error of an item, of take() or of progress ends the job.
  void run(const Job& job, const Prepare& prepare,
           const std::function<void(uint64_t item, Bytes result)>& take, const Progress& progress);

  // Of the others: until the leader leaves. tick() is called several times a second.
  void serve(const Prepare& prepare, const std::function<void()>& tick);
  // The last call of each; the leader ends the others with it.
  void leave();
  [[noreturn]] void abort(int status) { world_.abort(status); }

 private:
  friend class Leader;
  friend class Member;
  World world_;
  uint64_t job_number_ = 0;
  bool broken_ = false;  // a process does not answer
};

}  // namespace llmz
