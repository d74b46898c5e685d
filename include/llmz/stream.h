// SPDX-License-Identifier: Apache-2.0
// Bytes that come and go in order, from memory, a file or a pipe. For others, derive a class; what
// it throws passes through llmz unchanged. Error{kIo} says that the operating system refuses.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "llmz/bytes.h"
#include "llmz/export.h"

namespace llmz {

class LLMZ_API ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Reads 1 to `count` bytes and returns how many; 0 only at the end (or if count is 0).
  virtual size_t read(uint8_t* out, size_t count) = 0;
  // Whether read() would have to wait for somebody else now, as on a pipe that is empty. A call
  // that reads ahead then first gives what it has. true for a source that cannot tell is safe and
  // slow.
  virtual bool may_wait() { return false; }
};

// A source whose bytes can be read from anywhere.
class LLMZ_API SeekableSource : public ByteSource {
 public:
  virtual uint64_t size_bytes() = 0;
  // The next read() begins here, at most at the end.
  virtual void seek(uint64_t offset) = 0;
};

class LLMZ_API ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of `bytes`.
  virtual void write(ByteView bytes) = 0;
};

// Reads until `count` bytes are there or the source ends; returns how many.
inline size_t read_fully(ByteSource& source, uint8_t* out, size_t count) {
  size_t done = 0;
  while (done < count) {
    const size_t got = source.read(out + done, count - done);
    if (got == 0) break;
    done += got;
  }
  return done;
}

// Reads from bytes that somebody else owns.
class MemorySource : public SeekableSource {
 public:
  explicit MemorySource(ByteView bytes) : bytes_(bytes) {}
  size_t read(uint8_t* out, size_t count) override {
    const size_t got = std::min(count, bytes_.size - position_);
    if (got > 0) std::memcpy(out, bytes_.data + position_, got);
    position_ += got;
    return got;
  }
  uint64_t size_bytes() override { return bytes_.size; }
  void seek(uint64_t offset) override { position_ = static_cast<size_t>(offset); }

 private:
  ByteView bytes_;
  size_t position_ = 0;
};

class MemorySink : public ByteSink {
 public:
  void write(ByteView bytes) override { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::exchange(bytes_, Bytes()); }

 private:
  Bytes bytes_;
};

}  // namespace llmz
