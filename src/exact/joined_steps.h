// SPDX-License-Identifier: Apache-2.0
// Steps of several bodies of one model, computed as one: a step of one row reads every weight, and
// one of eight rows reads it once for all. For short texts that are decoded side by side, each on a
// thread of its own, of which there are more than processors.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <vector>

#include "exact/cpu_rows.h"

namespace llmz::exact {

class JoinedSteps {
 public:
  JoinedSteps(const CpuRows& rows, unsigned processors) : rows_(rows), processors_(processors) {}

  // One body more, or less, that asks for a step at a time. If it asks for none for long, it costs
  // the others time.
  void join();
  void leave();
  // As CpuRows::run(), by a body that has joined: in this thread, perhaps with the rows of others,
  // or in the thread of another one. Waits some milliseconds at most before it is begun.
  void run(const std::vector<CpuRows::Row>& rows, int8_t* hidden, CpuRows::Scratch& scratch);

 private:
  struct Request {
    const std::vector<CpuRows::Row>* rows;
    int8_t* hidden;
    std::condition_variable changed;
    bool taken = false, done = false;
    std::exception_ptr error;
  };

  bool is_time() const;
  void compute(std::unique_lock<std::mutex>& lock, CpuRows::Scratch& scratch);

  const CpuRows& rows_;
  const size_t processors_;
  std::mutex mutex_;  // guards what follows
  size_t members_ = 0;
  size_t busy_ = 0;  // members that neither wait for a step nor compute one
  std::vector<Request*> queue_;
};

}  // namespace llmz::exact
