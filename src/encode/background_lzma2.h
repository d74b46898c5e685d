// SPDX-License-Identifier: Apache-2.0
// LZMA2 of a segment beside other work on it, before it is known whether it will be asked for.
#pragma once

#include <atomic>
#include <functional>
#include <future>

#include "base/bytes.h"

namespace llmz {

class BackgroundLzma2 {
 public:
  // on_a_thread: begin at once, on another thread; otherwise the work is done when it is asked for.
  // `content` and `reference` must outlive the object. `tick` is called on the caller's thread
  // while it waits, and may throw to stop.
  BackgroundLzma2(ByteView content, ByteView reference, bool on_a_thread,
                  std::function<void()> tick);
  // Stops what nobody has asked for; waits for it for at most the time of 128 KB.
  ~BackgroundLzma2() { stopped_ = true; }
  BackgroundLzma2(const BackgroundLzma2&) = delete;
  BackgroundLzma2& operator=(const BackgroundLzma2&) = delete;

  // As lzma2_fast_size_bytes() and lzma2_compress(), one after the other; the second may be asked
  // for once.
  uint64_t fast_size_bytes() {
    wait_for(fast_);
    return fast_.get();
  }
  Bytes compressed() {
    wait_for(compressed_);
    return compressed_.get();
  }

 private:
  template <class Future>
  void wait_for(const Future& result) {
    while (result.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) tick_();
  }

  const std::function<void()> tick_;
  std::atomic<bool> stopped_ = false;
  // The end of a future of std::async waits for its thread.
  std::shared_future<uint64_t> fast_;
  std::future<Bytes> compressed_;
};

}  // namespace llmz
