// SPDX-License-Identifier: Apache-2.0
#include "decode/crew.h"

#include <signal.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace llmz {
namespace {

// A thread that is made meanwhile takes no signals: they are for the caller's threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Crew::~Crew() {
  {
    const auto held = lock();
    stopping_ = true;
  }
  changed_.notify_all();
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

unsigned Crew::busy() const {
  return static_cast<unsigned>(std::count_if(
      workers_.begin(), workers_.end(), [](const Worker& worker) { return worker.busy.load(); }));
}

void Crew::wait_for_change(std::chrono::milliseconds most) {
  auto held = lock();
  changed_.wait_for(held, most, [&] { return changes_ != seen_changes_; });
  seen_changes_ = changes_;
}

bool Crew::begin(std::function<void(unsigned)> work) {
  const auto free = std::find_if(workers_.begin(), workers_.end(),
                                 [](const Worker& worker) { return !worker.busy; });
  const auto number = static_cast<unsigned>(free - workers_.begin());
  if (free->thread.joinable()) free->thread.join();
  free->busy = true;
  const SignalsBlocked blocked;
  try {
    free->thread = std::thread([this, free, number, work = std::move(work)] {
      try {
        work(number);
      } catch (const Stopped&) {
      }
      const auto held = lock();
      free->busy = false;
      tell();
    });
  } catch (const std::system_error&) {
    free->busy = false;
    return false;
  }
  return true;
}

}  // namespace llmz
