// SPDX-License-Identifier: Apache-2.0
// The two visitors of format.h: FieldWriter appends fields to bytes, FieldReader takes them from
// a stream, counts its position and keeps what it read for a check.
#pragma once

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/stream.h"

namespace llmz {

class FieldWriter {
 public:
  void le(uint64_t value, int size_bytes, const char*) { append_le(bytes_, value, size_bytes); }
  void varint(uint64_t value, const char*) { append_varint(bytes_, value); }
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// Throws Error{kTruncated} with the field's name and the position when the source ends.
class FieldReader {
 public:
  explicit FieldReader(ByteSource& source) : source_(source) {}

  // Bytes read since the beginning of the source.
  uint64_t position() const { return position_; }

  // The bytes of all fields read since start_record(), but not payloads.
  void start_record() { record_.clear(); }
  const Bytes& record() const { return record_; }

  // As many bytes as there are, at most `count`.
  size_t try_read(uint8_t* out, size_t count) {
    const size_t got = read_fully(source_, out, count);
    position_ += got;
    record_.insert(record_.end(), out, out + got);
    return got;
  }

  void le(uint64_t& value, int size_bytes, const char* field) {
    uint8_t bytes[8];
    const size_t count = static_cast<size_t>(size_bytes);
    if (try_read(bytes, count) < count) ends_inside(field);
    value = load_le(bytes, size_bytes);
  }

  void varint(uint64_t& value, const char* field) {
    uint8_t bytes[10];
    size_t count = 0;
    do {
      if (try_read(bytes + count, 1) == 0) ends_inside(field);
    } while (bytes[count++] >= 0x80 && count < sizeof bytes);
    value = ByteReader(ByteView(bytes, count)).varint(field);
  }

  // `size_bytes` may be a lie: memory grows only with the bytes that are really there.
  Bytes payload(uint64_t size_bytes) {
    constexpr uint64_t kStep = uint64_t{1} << 18;
    Bytes bytes;
    while (bytes.size() < size_bytes) {
      const size_t before = bytes.size();
      const size_t want = static_cast<size_t>(std::min<uint64_t>(kStep, size_bytes - before));
      bytes.resize(before + want);
      const size_t got = read_fully(source_, bytes.data() + before, want);
      position_ += got;
      if (got < want) ends_inside("payload");
    }
    return bytes;
  }

 private:
  [[noreturn]] void ends_inside(const char* field) const {
    throw Error(ErrorKind::kTruncated, std::string("the input ends inside ") + field + " after " +
                                           std::to_string(position_) +
                                           " bytes: it was cut off or is not complete yet");
  }

  ByteSource& source_;
  uint64_t position_ = 0;
  Bytes record_;
};

}  // namespace llmz
