// SPDX-License-Identifier: Apache-2.0
#include "codec/lzma2_aside.h"

#include "base/error.h"
#include "codec/lzma2.h"

namespace llmz {

Lzma2Aside::Lzma2Aside(ByteView content, bool on_a_thread, std::function<void()> tick)
    : tick_(std::move(tick)) {
  // With both policies a system that has no thread left does the work when it is asked for.
  const std::launch policy =
      on_a_thread ? std::launch::async | std::launch::deferred : std::launch::deferred;
  const std::function<void()> stop_or_tick = [this, on_a_thread] {
    if (stopped_) throw Error(ErrorKind::kInterrupted, "not needed");
    if (!on_a_thread) tick_();
  };
  fast_ = std::async(policy, [=] { return lzma2_fast_size_bytes(content, stop_or_tick); });
  compressed_ = std::async(policy, [=] { return lzma2_compress(content, stop_or_tick); });
}

}  // namespace llmz
