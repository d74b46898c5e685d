// SPDX-License-Identifier: Apache-2.0
#include "base/thread_team.h"

#include <omp.h>

#include <system_error>
#include <utility>

namespace llmz {
namespace {

constexpr int kSpins = 200;

template <class Condition>
bool spin_until(Condition condition) {
  for (int i = 0; i < kSpins; ++i) {
    if (condition()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  return condition();
}

}  // namespace

void ThreadTeam::start() {
  if (started_) return;
  started_ = true;
  try {
    for (unsigned i = 1; i < most_members_; ++i) threads_.emplace_back([this, i] { serve(i); });
  } catch (const std::system_error&) {
    // The system gives no more threads: fewer do the same work.
  } catch (...) {
    stop();
    threads_.clear();
    throw;
  }
}

ThreadTeam::~ThreadTeam() { stop(); }

void ThreadTeam::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    ++round_;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadTeam::perform(unsigned member) {
  // oneDNN's own threads would wait for each other inside every product; each member computes
  // alone.
  omp_set_num_threads(1);
  try {
    (*work_)(member);
  } catch (...) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!error_) error_ = std::current_exception();
  }
}

void ThreadTeam::serve(unsigned member) {
  uint64_t seen = 0;
  while (true) {
    if (!spin_until([&] { return round_.load(std::memory_order_acquire) != seen; })) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return round_ != seen; });
    }
    ++seen;
    if (stopping_) return;
    perform(member);
    if (--running_ == 0) {
      std::lock_guard<std::mutex> lock(mutex_);
      finished_.notify_one();
    }
  }
}

void ThreadTeam::run(const std::function<void(unsigned)>& work) {
  start();
  work_ = &work;
  running_ = static_cast<unsigned>(threads_.size());
  if (!threads_.empty()) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ++round_;
    }
    wake_.notify_all();
  }
  perform(0);
  if (!spin_until([&] { return running_.load(std::memory_order_acquire) == 0; })) {
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [&] { return running_ == 0; });
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace llmz
