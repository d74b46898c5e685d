// SPDX-License-Identifier: Apache-2.0
// The loop around a streaming coder: the five libraries agree on next_in, avail_in, next_out and
// avail_out, and on nothing else.
#pragma once

#include <algorithm>

#include "base/error.h"
#include "compare/compressor.h"

namespace llmz {

// What one step may read and write; a step moves the pointers and lowers the sizes.
struct PumpWindow {
  const uint8_t* in;
  size_t in_size;
  uint8_t* out;
  size_t out_size;
  bool last;  // no input follows this window's
};

enum class PumpDirection { kCompress, kDecompress };

// Calls step(PumpWindow&) until it returns true, the end of the stream, and returns all that it
// wrote. Throws Error{kTruncated} when a decoder asks for more than there is, and {kCorrupt} when
// bytes are left behind the stream.
template <class Step>
Bytes pump(ByteView in, PumpDirection direction, const CompareProgress& progress, Step&& step) {
  constexpr size_t kStepBytes = 64 << 10;
  Bytes out, buffer(kStepBytes);
  size_t read = 0;
  for (bool ended = false; !ended;) {
    const size_t given = std::min(kStepBytes, in.size - read);
    PumpWindow window = {in.data + read, given, buffer.data(), buffer.size(),
                         read + given == in.size};
    ended = step(window);
    const size_t wrote = buffer.size() - window.out_size;
    out.insert(out.end(), buffer.data(), buffer.data() + wrote);
    read += given - window.in_size;
    if (!ended && wrote == 0 && window.in_size == given && window.last)
      throw Error(ErrorKind::kTruncated, "the stream ends too early");
    if (progress) progress(direction == PumpDirection::kCompress ? read : out.size());
  }
  if (read < in.size) throw Error(ErrorKind::kCorrupt, "bytes are left behind the stream");
  return out;
}

// Of a library that returned something else than it can for good input.
[[noreturn]] inline void fail_in_library(const char* library, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, std::string(library) + ": " + what);
}

}  // namespace llmz
