// SPDX-License-Identifier: Apache-2.0
#include "cluster/pool.h"

#include <algorithm>

namespace llmz {

void Pool::begin(uint64_t item, const ItemWork& work) {
  Running& running = running_.emplace_back();
  running.item = item;
  try {
    running.thread = std::thread([this, &running, work] { run(running, work); });
  } catch (...) {
    running_.pop_back();
    throw;
  }
}

void Pool::run(Running& running, const ItemWork& work) {
  Done done{running.item, {}, nullptr};
  try {
    done.result = work(running.item, [&](uint64_t bytes) {
      if (stopping_) throw Stopped();
      running.done_bytes = bytes;
    });
  } catch (const Stopped&) {
    return;
  } catch (...) {
    done.error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  done_.push_back(std::move(done));
  changed_.notify_all();
}

std::optional<Pool::Done> Pool::take_done() {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    if (done_.empty()) return std::nullopt;
    done = std::move(done_.front());
    done_.pop_front();
  }
  const auto ended = std::find_if(running_.begin(), running_.end(),
                                  [&](const Running& one) { return one.item == done.item; });
  ended->thread.join();
  running_.erase(ended);
  return done;
}

uint64_t Pool::done_bytes() const {
  uint64_t bytes = 0;
  for (const Running& one : running_) bytes += one.done_bytes;
  return bytes;
}

void Pool::wait(std::chrono::microseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return !done_.empty(); });
}

void Pool::stop() {
  stopping_ = true;
  for (Running& one : running_) one.thread.join();
  running_.clear();
  done_.clear();
  stopping_ = false;
}

}  // namespace llmz
