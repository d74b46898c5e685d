// SPDX-License-Identifier: Apache-2.0
// Blocks of a call on threads of their own, beside the calling thread, which begins them, takes
// what they give in their order, and alone talks to the caller: sources, sinks and callbacks are
// used on no other thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace llmz {

class Crew {
 public:
  // What a worker's work ends with when the call ends before it.
  struct Stopped {};

  explicit Crew(unsigned workers) : workers_(workers) {}
  // Asks all work to stop, and waits for its end.
  ~Crew();
  Crew(const Crew&) = delete;

  // Runs work(worker) on a thread. The numbers of workers at work differ, and are below that of the
  // constructor; one of them must be free. False if the system has no thread left.
  bool begin(std::function<void(unsigned worker)> work);
  // Of the calling thread alone.
  unsigned busy() const;

  // Throws Stopped when the call ends: for the work, every few milliseconds.
  void check() const {
    if (stopping_) throw Stopped();
  }

  // Guards what the calling thread and the workers share.
  std::unique_lock<std::mutex> lock() { return std::unique_lock<std::mutex>(mutex_); }
  // After a change of it, under the lock.
  void tell() {
    ++changes_;
    changed_.notify_all();
  }
  // Of a worker: until the condition holds. Throws Stopped.
  template <class Condition>
  void wait(std::unique_lock<std::mutex>& lock, Condition&& condition) {
    changed_.wait(lock, [&] { return stopping_ || condition(); });
    check();
  }
  // Of the calling thread: until something has changed since its last wait, at most so long.
  void wait_for_change(std::chrono::milliseconds most);

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> busy{false};
  };

  std::vector<Worker> workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t changes_ = 0, seen_changes_ = 0;
  std::atomic<bool> stopping_{false};
};

}  // namespace llmz
