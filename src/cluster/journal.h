// SPDX-License-Identifier: Apache-2.0
// What came of the items of a job, in a file beside its output: for a run that goes on where
// another one was stopped. A process that is killed loses no item that was kept.
#pragma once

#include <string>
#include <unordered_map>

#include "base/bytes.h"

namespace llmz {

class Journal {
 public:
  // key: what the job is, as text. resume: takes the items of a journal that is there, each after
  // its check, up to the first that is not whole; one with another key throws Error{kUsage}.
  // Without it there must be none, unless it may be overwritten. Throws kIo.
  Journal(const std::string& path, const std::string& key, bool resume, bool overwrite);
  ~Journal();
  Journal(const Journal&) = delete;

  bool has(uint64_t item) const { return places_.count(item) > 0; }
  size_t size() const { return places_.size(); }
  // Of another run.
  size_t found() const { return found_; }
  const std::string& path() const { return path_; }

  void keep(uint64_t item, ByteView result);
  // Read again, and checked again.
  Bytes result(uint64_t item) const;

  // There is nothing to go on with.
  void remove();

 private:
  struct Place {
    uint64_t offset = 0, size_bytes = 0;
  };
  void begin(const std::string& key);
  void find_items(const std::string& key);
  void write(ByteView bytes, uint64_t offset) const;
  bool read(Bytes& bytes, uint64_t offset) const;
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  int fd_ = -1;
  uint64_t end_ = 0;
  size_t found_ = 0;
  std::unordered_map<uint64_t, Place> places_;
};

}  // namespace llmz
