// SPDX-License-Identifier: Apache-2.0
// The next bytes of a source, as a source that ends behind them.
#pragma once

#include <algorithm>

#include "base/stream.h"

namespace llmz {

class SourcePart : public ByteSource {
 public:
  SourcePart(ByteSource& source, uint64_t size_bytes) : source_(source), left_(size_bytes) {}
  size_t read(uint8_t* out, size_t count) override {
    const size_t got = source_.read(out, static_cast<size_t>(std::min<uint64_t>(count, left_)));
    left_ -= got;
    return got;
  }
  bool may_wait() override { return source_.may_wait(); }

 private:
  ByteSource& source_;
  uint64_t left_;
};

}  // namespace llmz
