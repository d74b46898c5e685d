// SPDX-License-Identifier: Apache-2.0
#include "encode/background_lzma2.h"

#include <system_error>

#include "base/error.h"
#include "encode/lzma2_encoder.h"

namespace llmz {

BackgroundLzma2::BackgroundLzma2(ByteView content, ByteView reference, bool on_a_thread,
                                 std::function<void()> tick)
    : tick_(std::move(tick)) {
  const auto begin = [&](std::launch policy, const std::function<void()>& each_step) {
    fast_ = std::async(policy, [=] {
              return lzma2_fast_size_bytes(content, reference, each_step);
            }).share();
    compressed_ = std::async(policy, [=, fast = fast_] {
      fast.wait();
      return lzma2_compress(content, reference, each_step);
    });
  };
  if (on_a_thread) {
    try {
      begin(std::launch::async, [this] {
        if (stopped_) throw Error(ErrorKind::kInterrupted, "not needed");
      });
      return;
    } catch (const std::system_error&) {  // no thread is left
    }
  }
  begin(std::launch::deferred, tick_);
}

}  // namespace llmz
