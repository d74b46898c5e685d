// SPDX-License-Identifier: Apache-2.0
// Compares what it is given with a file, byte for byte.
#pragma once

#include <algorithm>

#include "cli/files.h"

namespace llmz {

class ComparingSink : public ByteSink {
 public:
  // from: where in the file the first byte is. Throws what --against has done wrong.
  explicit ComparingSink(const std::string& path, uint64_t from = 0)
      : expected_(opened(path)), position_(from) {
    const uint64_t size = expected_->size_bytes().value_or(0);
    if (from > size) differ("ends", size);
    if (from > 0) expected_->seek(from);
  }

  void write(ByteView bytes) override {
    buffer_.resize(bytes.size);
    const size_t got = read_fully(*expected_, buffer_.data(), bytes.size);
    const auto difference =
        std::mismatch(buffer_.begin(), buffer_.begin() + static_cast<long>(got), bytes.begin());
    const auto equal = static_cast<size_t>(difference.first - buffer_.begin());
    if (equal < bytes.size) differ(equal < got ? "differs" : "ends", position_ + equal);
    position_ += bytes.size;
  }

  // After everything.
  void finish() {
    uint8_t byte;
    if (expected_->read(&byte, 1) != 0) differ("goes on", position_);
  }

 private:
  static std::unique_ptr<InputFile> opened(const std::string& path) {
    try {
      return std::make_unique<InputFile>(path);
    } catch (const Error& e) {
      throw Error(e.kind(), "--against " + path + ": " + e.what());
    }
  }

  [[noreturn]] void differ(const char* how, uint64_t position) const {
    throw Error(ErrorKind::kCorrupt, "does not decode to " + expected_->path() + ", which " + how +
                                         " at byte " + std::to_string(position));
  }

  std::unique_ptr<InputFile> expected_;
  Bytes buffer_;
  uint64_t position_ = 0;
};

}  // namespace llmz
