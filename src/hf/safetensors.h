// SPDX-License-Identifier: Apache-2.0
// One .safetensors file, memory-mapped or in memory: 8 bytes length of the header, the header
// (JSON), the tensors' bytes. Format: github.com/huggingface/safetensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "hf/checkpoint.h"
#include "hf/mapped_file.h"

namespace llmz::hf {

// A tensor as the file declares it. Buffers that no model reads may have other types than weights.
struct StoredTensor {
  std::string type_name;     // "F32", "BOOL", ...
  std::optional<Type> type;  // of weights
  std::vector<int64_t> shape;
  uint64_t elements = 0;
  ByteView bytes;
};

class SafetensorsFile {
 public:
  // Throws Error{kIo} when the file cannot be opened or mapped, {kModelBad} unless the header is
  // whole and well-formed, every type is one of the format's, every size is shape times type, and
  // the tensors follow one another without gap or overlap up to the end of the file (as the format
  // demands).
  explicit SafetensorsFile(const std::string& path);
  // The same of a file's bytes; `path` is for messages.
  SafetensorsFile(const std::string& path, Bytes bytes);
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::string& path() const { return path_; }
  // By name; the bytes are valid as long as this object.
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  // The texts that the file holds beside its tensors, by name.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // The bytes of all tensors.
  ByteView data() const { return data_; }

 private:
  void check_size() const;
  void read_header();

  std::string path_;
  std::unique_ptr<MappedFile> mapped_;  // or the bytes are
  Bytes owned_;
  ByteView file_, data_;
  std::map<std::string, StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace llmz::hf
