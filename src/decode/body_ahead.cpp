// SPDX-License-Identifier: Apache-2.0
#include "decode/body_ahead.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace llmz {
namespace {

// A few microseconds: what a hand-over takes when both threads have a processor. Who waits longer
// sleeps.
template <class Condition>
void spin_until(Condition condition) {
  for (int i = 0; i < 100 && !condition(); ++i) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
}

}  // namespace

BodyAhead::BodyAhead(Engine& engine, size_t dim, unsigned workers, SpareThreads* spare)
    : engine_(engine),
      dim_(dim),
      spare_(spare),
      workers_(std::max(1u, std::min(workers, engine.workers))) {}

BodyAhead::~BodyAhead() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    ++changes_;
  }
  called_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void BodyAhead::fork(uint32_t source, uint32_t lanes) {
  engine_.body->fork(source, lanes);
  std::lock_guard<std::mutex> lock(mutex_);
  open_.assign(lanes, false);
}

void BodyAhead::request(uint32_t lane, const uint32_t* tokens, size_t count, int8_t* hidden) {
  std::lock_guard<std::mutex> lock(mutex_);
  Request& request = queue_.emplace_back();
  request.lane = lane;
  request.count = count;
  std::copy_n(tokens, count, request.tokens.begin());
  request.hidden = hidden;
  open_[lane] = true;
}

void BodyAhead::call_helpers() {
  if (workers_.size() == 1 || (spare_ && !spare_->any())) return;
  std::lock_guard<std::mutex> lock(mutex_);
  if (queue_.empty()) return;
  calling_ = true;
  ++changes_;
  if (idle_ > 0) {
    called_.notify_one();
  } else if (helpers_.size() + 1 < workers_.size()) {
    const unsigned number = static_cast<unsigned>(helpers_.size()) + 1;
    try {
      helpers_.emplace_back([this, number] { help(number); });
    } catch (const std::system_error&) {  // no more threads: the walk does it all
      workers_.resize(helpers_.size() + 1);
    }
  }
}

void BodyAhead::help(unsigned number) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (calling_ && !queue_.empty()) {
      if (!spare_ || spare_->take()) {
        // What is left for the others keeps them busy too.
        const size_t sharers = std::min<size_t>(idle_ + 1, queue_.size());
        perform(number, lock, (queued_rows() + sharers - 1) / sharers);
        if (spare_) spare_->give_back();
        continue;
      }
      calling_ = false;  // until the next call
    }
    ++idle_;
    const uint64_t seen = changes_;
    lock.unlock();
    spin_until([&] { return changes_ != seen; });
    lock.lock();
    called_.wait(lock, [&] { return stopping_ || (calling_ && !queue_.empty()); });
    --idle_;
    // One is woken at a time; who comes wakes the next.
    if (!stopping_ && queue_.size() > 1 && idle_ > 0) called_.notify_one();
  }
}

void BodyAhead::wait(uint32_t lane) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (open_[lane] && !error_) {
    if (!queue_.empty()) {
      // What it waits for comes first, if nobody has it yet.
      const auto wanted = std::find_if(queue_.begin(), queue_.end(),
                                       [&](const Request& r) { return r.lane == lane; });
      if (wanted != queue_.end()) std::rotate(queue_.begin(), wanted, wanted + 1);
      perform(0, lock, engine_.rows_at_once);
      continue;
    }
    const uint64_t seen = changes_;
    lock.unlock();
    spin_until([&] { return changes_ != seen; });
    lock.lock();
    done_.wait(lock, [&] { return changes_ != seen; });
  }
  if (error_) std::rethrow_exception(error_);
}

size_t BodyAhead::queued_rows() const {
  size_t rows = 0;
  for (const Request& r : queue_) rows += r.count;
  return rows;
}

// The first requests, at least one, of about so many rows.
void BodyAhead::take(size_t most_rows, Worker& worker) {
  worker.taken.clear();
  size_t rows = 0;
  most_rows = std::min(most_rows, engine_.rows_at_once);
  while (!queue_.empty() && (rows == 0 || rows + queue_.front().count <= most_rows)) {
    rows += queue_.front().count;
    worker.taken.push_back(queue_.front());
    queue_.pop_front();
  }
  if (queue_.empty()) calling_ = false;
}

void BodyAhead::perform(unsigned number, std::unique_lock<std::mutex>& lock, size_t most_rows) {
  Worker& worker = workers_[number];
  take(most_rows, worker);
  lock.unlock();
  std::exception_ptr error;
  try {
    run_taken(number);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  for (const Request& r : worker.taken) open_[r.lane] = false;
  if (error) error_ = error;
  ++changes_;
  if (number > 0) done_.notify_one();
}

void BodyAhead::run_taken(unsigned number) {
  Worker& worker = workers_[number];
  std::vector<Request>& taken = worker.taken;
  std::sort(taken.begin(), taken.end(),
            [](const Request& a, const Request& b) { return a.lane < b.lane; });
  worker.run.clear();
  size_t rows = 0;
  for (const Request& r : taken) {
    worker.run.push_back({r.lane, r.tokens.data(), r.count});
    rows += r.count;
  }
  worker.hidden.resize(rows * dim_);
  engine_.body->advance_as(number, worker.run, worker.hidden.data());
  const int8_t* from = worker.hidden.data();
  for (const Request& r : taken) {
    std::copy_n(from, r.count * dim_, r.hidden);
    from += r.count * dim_;
  }
}

}  // namespace llmz
