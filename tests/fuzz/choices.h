// SPDX-License-Identifier: Apache-2.0
// The bytes of a fuzzer as decisions: every input means something, and a small change of it is a
// small change of what it means.
#pragma once

#include <algorithm>

#include "base/bytes.h"

namespace llmz::fuzz {

class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : left_{data, size} {}

  // 0 where nothing is left.
  uint8_t byte() { return static_cast<uint8_t>(number(1)); }
  uint64_t number(size_t size_bytes) {
    const ByteView bytes = take(size_bytes);
    return load_le(bytes.data, static_cast<int>(bytes.size));
  }
  // From 0 to `count` - 1; count is at most 256.
  size_t below(size_t count) { return byte() % count; }
  bool flag() { return (byte() & 1) != 0; }
  // As many bytes as there are, at most `count`.
  ByteView take(size_t count) {
    const ByteView taken = left_.subview(0, std::min(count, left_.size));
    left_ = left_.subview(taken.size, left_.size - taken.size);
    return taken;
  }
  ByteView rest() { return take(left_.size); }
  size_t remaining() const { return left_.size; }

 private:
  ByteView left_;
};

// `bytes` with some of them replaced, removed or added, until the choices end.
inline Bytes edited(Bytes bytes, Choices& in) {
  while (in.remaining() > 0) {
    const size_t at = std::min<size_t>(in.number(3), bytes.size());
    const size_t removed = std::min<size_t>(in.byte(), bytes.size() - at);
    const ByteView added = in.take(in.byte());
    const auto begin = bytes.begin() + static_cast<ptrdiff_t>(at);
    const auto place = bytes.erase(begin, begin + static_cast<ptrdiff_t>(removed));
    bytes.insert(place, added.begin(), added.end());
  }
  return bytes;
}

// An input for edited(): one replacement, removal or addition.
inline void append_edit(Bytes& out, uint64_t at, uint8_t removed, ByteView added) {
  append_le(out, at, 3);
  out.push_back(removed);
  out.push_back(static_cast<uint8_t>(added.size));
  out.insert(out.end(), added.begin(), added.end());
}

}  // namespace llmz::fuzz
