// SPDX-License-Identifier: Apache-2.0
// The only place that knows byte order: every integer that llmz stores is little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "llmz/bytes.h"  // IWYU pragma: export

namespace llmz {

// Appends the low `size_bytes` bytes of `value`, least significant first.
inline void append_le(Bytes& out, uint64_t value, int size_bytes) {
  for (int i = 0; i < size_bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

inline uint64_t load_le(const uint8_t* p, int size_bytes) {
  uint64_t value = 0;
  for (int i = 0; i < size_bytes; ++i) value |= static_cast<uint64_t>(p[i]) << (8 * i);
  return value;
}

// LEB128: seven bits a byte, least significant first, the top bit set on all but the last.
inline void append_varint(Bytes& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

// Reads fields in order; throws Error{kind} that names the field when the bytes run out.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes, ErrorKind truncated = ErrorKind::kTruncated)
      : bytes_(bytes), truncated_(truncated) {}
  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size - position_; }

  ByteView take(size_t count, const char* field) {
    if (count > remaining()) {
      throw Error(truncated_, std::string("ends inside ") + field + ": " + std::to_string(count) +
                                  " bytes expected, " + std::to_string(remaining()) + " left");
    }
    ByteView view = bytes_.subview(position_, count);
    position_ += count;
    return view;
  }

  uint64_t le(int size_bytes, const char* field) {
    return load_le(take(static_cast<size_t>(size_bytes), field).data, size_bytes);
  }

  uint64_t varint(const char* field) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t byte = take(1, field)[0];
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    // Of a model file this is one more way to be bad; of a stream it is no truncation.
    throw Error(truncated_ == ErrorKind::kTruncated ? ErrorKind::kCorrupt : truncated_,
                std::string(field) + " is longer than 64 bits");
  }

 private:
  ByteView bytes_;
  size_t position_ = 0;
  ErrorKind truncated_;
};

}  // namespace llmz
