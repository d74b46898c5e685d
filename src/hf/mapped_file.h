// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"

namespace llmz::hf {

// A regular file, mapped to read. One that shrinks while it is mapped ends the program (SIGBUS).
class MappedFile {
 public:
  // Throws Error{kIo} when it cannot be opened or mapped. An empty file has no bytes.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ByteView bytes() const { return bytes_; }

 private:
  ByteView bytes_;
};

}  // namespace llmz::hf
