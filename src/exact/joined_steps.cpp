// SPDX-License-Identifier: Apache-2.0
#include "exact/joined_steps.h"

#include <algorithm>
#include <chrono>

namespace llmz::exact {
namespace {

// Some steps of the largest of llmz's models.
constexpr std::chrono::milliseconds kLongest{5};

}  // namespace

void JoinedSteps::join() {
  const std::lock_guard lock(mutex_);
  queue_.reserve(members_ + 1);
  ++members_;
  ++busy_;
}

void JoinedSteps::leave() {
  const std::lock_guard lock(mutex_);
  --members_;
  --busy_;
  if (is_time()) queue_.front()->changed.notify_one();
}

// With as many as processors can be busy with, one step for each processor. Nobody waits for a
// member that waits itself, nor long for one that something else keeps from asking.
bool JoinedSteps::is_time() const {
  return !queue_.empty() && (busy_ == 0 || queue_.size() * processors_ >= members_);
}

void JoinedSteps::run(const std::vector<CpuRows::Row>& rows, int8_t* hidden,
                      CpuRows::Scratch& scratch) {
  Request request{&rows, hidden, {}, false, false, nullptr};
  std::unique_lock lock(mutex_);
  queue_.push_back(&request);
  --busy_;
  bool waited = false;
  while (!request.done) {
    if (request.taken) {
      request.changed.wait(lock);
    } else if (is_time() || waited) {
      try {
        compute(lock, scratch);
      } catch (...) {  // nothing was taken, so this one is still there
        queue_.erase(std::find(queue_.begin(), queue_.end(), &request));
        ++busy_;
        throw;
      }
    } else {
      waited = request.changed.wait_for(lock, kLongest) == std::cv_status::timeout;
    }
  }
  if (request.error) std::rethrow_exception(request.error);
}

// The rows of the first requests, as many as one product takes. Throws only before it has taken
// any: what fails later, each of their threads is told.
void JoinedSteps::compute(std::unique_lock<std::mutex>& lock, CpuRows::Scratch& scratch) {
  std::vector<CpuRows::Row> rows;
  size_t taken = 0;
  while (taken < queue_.size() &&
         (taken == 0 || rows.size() + queue_[taken]->rows->size() <= IntegerProduct::kMaxVectors)) {
    rows.insert(rows.end(), queue_[taken]->rows->begin(), queue_[taken]->rows->end());
    ++taken;
  }
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(taken);
  const std::vector<Request*> requests(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  for (Request* request : requests) request->taken = true;
  lock.unlock();
  std::exception_ptr error;
  try {
    std::vector<int8_t> hidden(rows.size() * rows_.dim());
    rows_.run(rows, hidden.data(), scratch);
    const int8_t* from = hidden.data();
    for (const Request* request : requests) {
      const size_t size = request->rows->size() * rows_.dim();
      std::copy_n(from, size, request->hidden);
      from += size;
    }
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  busy_ += requests.size();
  for (Request* request : requests) {
    request->error = error;
    request->done = true;
    request->changed.notify_one();
  }
}

}  // namespace llmz::exact
