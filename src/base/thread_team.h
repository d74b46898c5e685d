// SPDX-License-Identifier: Apache-2.0
// A fixed team of threads that runs one function at a time on all of its members.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace llmz {

// The caller is member 0. The others are started when they are first needed, and spin for some
// microseconds before they sleep.
class ThreadTeam {
 public:
  explicit ThreadTeam(unsigned most_members) : most_members_(most_members) {}
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  unsigned most_members() const { return most_members_; }
  // Fewer where the system gives no more threads. Starts them.
  unsigned members() {
    start();
    return static_cast<unsigned>(threads_.size()) + 1;
  }
  // Calls work(member) once on each member; returns when all are done. The first exception is
  // rethrown.
  void run(const std::function<void(unsigned)>& work);

 private:
  void start();
  void stop();
  void serve(unsigned member);
  void perform(unsigned member);
  const unsigned most_members_;
  bool started_ = false;
  const std::function<void(unsigned)>* work_ = nullptr;
  std::atomic<uint64_t> round_{0};
  std::atomic<unsigned> running_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace llmz
