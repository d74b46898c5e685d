// SPDX-License-Identifier: Apache-2.0
// One GGUF file of llama.cpp, memory-mapped or in memory, versions 2 and 3: named values, the
// tensors' declarations, their bytes. Format: docs/gguf.md of github.com/ggml-org/ggml. What it
// takes of memory grows with the file only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "hf/mapped_file.h"
#include "hf/safetensors.h"

namespace llmz::hf {

// A named value. Its bytes stay in the file.
struct GgufValue {
  enum Type : uint32_t {
    kUint8 = 0,
    kInt8 = 1,
    kUint16 = 2,
    kInt16 = 3,
    kUint32 = 4,
    kInt32 = 5,
    kFloat32 = 6,
    kBool = 7,
    kString = 8,
    kArray = 9,
    kUint64 = 10,
    kInt64 = 11,
    kFloat64 = 12
  };
  Type type = kUint8;     // of an array: of its elements
  bool is_array = false;  // of one dimension
  uint64_t count = 1;
  ByteView bytes;  // of numbers: little-endian; of strings: each with its length of 8 bytes
};

class GgufFile {
 public:
  // Throws Error{kIo} when the file cannot be opened or mapped, {kModelBad} unless every length,
  // type and offset is one of the format's and inside the file, no name occurs twice, and no two
  // tensors overlap; {kUsage} for version 1 and for big-endian files.
  explicit GgufFile(const std::string& path);
  // The same of a file's bytes; `path` is for messages.
  GgufFile(const std::string& path, Bytes bytes);
  GgufFile(const GgufFile&) = delete;
  GgufFile& operator=(const GgufFile&) = delete;

  const std::string& path() const { return path_; }
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  // Values by name. Throw Error{kModelBad} that names a value when it is missing or of another
  // type: an integer from 0, a number, a text, true or false.
  uint64_t natural(const std::string& name) const;
  double number(const std::string& name) const;
  std::string text(const std::string& name) const;
  bool flag(const std::string& name) const;
  // Arrays; the views are valid as long as this object.
  std::vector<std::string_view> texts(const std::string& name) const;
  std::vector<float> numbers(const std::string& name) const;
  std::vector<uint64_t> naturals(const std::string& name) const;

 private:
  void read();
  // Gives the tensors their bytes, which begin at `begin` of the file.
  void place(const std::map<std::string, uint64_t>& offsets, uint64_t begin, uint64_t alignment);
  const GgufValue& value(const std::string& name, const char* expected, bool is_array) const;
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  std::unique_ptr<MappedFile> mapped_;  // or the bytes are
  Bytes owned_;
  ByteView file_;
  std::map<std::string, GgufValue> values_;
  std::map<std::string, StoredTensor> tensors_;
};

// Whether the name is that of a regular file that begins as GGUF files do.
bool is_gguf_file(const std::string& path);

}  // namespace llmz::hf
