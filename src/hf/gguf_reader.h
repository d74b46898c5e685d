// SPDX-License-Identifier: Apache-2.0
// The fields of a GGUF file, in order. A part of gguf.cpp.
#pragma once

#include <string>

#include "hf/gguf.h"

namespace llmz::hf {

class GgufReader {
 public:
  // Both outlive it. Every call throws Error{kModelBad}, which begins with the path, where the
  // bytes end before the field does or it cannot be.
  GgufReader(const std::string& path, ByteView file) : path_(path), file_(file) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kModelBad, path_ + ": " + what);
  }
  size_t position() const { return position_; }

  ByteView take(uint64_t size_bytes, const char* field) {
    if (size_bytes > file_.size - position_) {
      fail(std::string("truncated or damaged: ") + field + " needs " + std::to_string(size_bytes) +
           " bytes, and " + std::to_string(file_.size - position_) + " are left");
    }
    const ByteView bytes = file_.subview(position_, size_bytes);
    position_ += size_bytes;
    return bytes;
  }
  uint64_t le(int size_bytes, const char* field) {
    return load_le(take(static_cast<uint64_t>(size_bytes), field).data, size_bytes);
  }
  std::string name(const char* field) {
    constexpr uint64_t kMaxBytes = 1 << 16;
    const uint64_t length = le(8, field);
    if (length > kMaxBytes) fail(std::string(field) + " of " + std::to_string(length) + " bytes");
    return std::string(take(length, field).text());
  }
  GgufValue value() {
    GgufValue v;
    v.type = type();
    if (v.type == GgufValue::kArray) {
      v.is_array = true;
      v.type = type();
      if (v.type == GgufValue::kArray) fail("an array of arrays, which llmz does not read");
      v.count = le(8, "the length of an array");
    }
    const size_t begin = position_;
    if (v.type == GgufValue::kString) {
      for (uint64_t i = 0; i < v.count; ++i) take(le(8, "the length of a text"), "a text");
    } else {
      uint64_t bytes;
      if (__builtin_mul_overflow(v.count, size_of(v.type), &bytes)) fail("an array too long");
      take(bytes, "a value");
    }
    v.bytes = file_.subview(begin, position_ - begin);
    return v;
  }

  static uint64_t size_of(GgufValue::Type type) {
    constexpr uint64_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return kSizes[type];
  }

 private:
  GgufValue::Type type() {
    const uint64_t number = le(4, "the type of a value");
    if (number > GgufValue::kFloat64) fail("a value of the unknown type " + std::to_string(number));
    return static_cast<GgufValue::Type>(number);
  }

  const std::string& path_;
  ByteView file_;
  size_t position_ = 0;
};

}  // namespace llmz::hf
