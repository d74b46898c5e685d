// SPDX-License-Identifier: Apache-2.0
// Rounds of samples: pictures and sound (docs/format.md, section 5.5). Each stands alone.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "mix/sample_layout.h"

namespace llmz {

// What a payload begins with: how the content is samples, and how many bytes come before them.
struct SampleHead {
  mix::SampleLayout layout;
  uint32_t before_bytes = 0;

  static constexpr uint32_t kMaxBeforeBytes = 255;
  static constexpr size_t kBytes = 4;
  void write(Bytes& out) const;
  // Throws Error{kCorrupt}.
  static SampleHead read(ByteView payload);
};

// Half a sample may be left at the end of a content; it is stored, as what comes before is.
inline uint64_t stored_bytes(const SampleHead& head, uint64_t content_size_bytes) {
  return head.before_bytes + (content_size_bytes - head.before_bytes) % head.layout.bytes;
}

constexpr uint64_t kSamplesPerReport = 1024;

// 0.1-0.3 MB/s. `progress` is called with the bytes done so far, about every 10 ms; may throw to
// stop. Throws Error{kCorrupt}.
Bytes samples_decode(ByteView payload, uint64_t content_size_bytes,
                     const std::function<void(uint64_t)>& progress = {});

}  // namespace llmz
