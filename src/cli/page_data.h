// SPDX-License-Identifier: Apache-2.0
// How numbers and bytes stand in the JSON of a page.
#pragma once

#include <string>
#include <vector>

#include "base/base64.h"
#include "cli/files.h"
#include "cli/signals.h"
#include "llmz_lab/scored_text.h"

namespace llmz {

// A member ,"name":"..." with integers of one size, the lowest byte first, as base64.
class Plane {
 public:
  Plane(OutputFile& file, const std::string& name, int size_bytes)
      : file_(file), size_bytes_(size_bytes) {
    file_.write(ByteView(",\"" + name + "\":\""));
  }
  void add(uint64_t value) {
    append_le(waiting_, value, size_bytes_);
    if (waiting_.size() < kAtOnce) return;
    const size_t whole = waiting_.size() - waiting_.size() % 3;
    file_.write(ByteView(base64({waiting_.data(), whole})));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(whole));
    throw_if_interrupted();
  }
  void end() { file_.write(ByteView(base64(waiting_) + "\"")); }

 private:
  static constexpr size_t kAtOnce = 3 << 16;
  OutputFile& file_;
  int size_bytes_;
  Bytes waiting_;
};

// The tokens that a page needs, numbered from 0 in the order in which they come.
class Dictionary {
 public:
  explicit Dictionary(const ScoredText& scored) {
    for (uint32_t token : scored.tokens) add(token, scored);
    for (const Guesses& guesses : scored.guesses) {
      for (const Guess& guess : guesses) add(guess.token, scored);
    }
  }
  uint32_t number(uint32_t token) const { return numbers_[token]; }
  const std::string& bytes(uint32_t token) const { return texts_[numbers_[token]]; }
  const std::vector<std::string>& texts() const { return texts_; }
  // Of a number.
  int size_bytes() const { return texts_.size() > 0x10000 ? 4 : 2; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  void add(uint32_t token, const ScoredText& scored) {
    if (numbers_.size() <= token) numbers_.resize(size_t{token} + 1, kNone);
    if (numbers_[token] != kNone) return;
    numbers_[token] = static_cast<uint32_t>(texts_.size());
    texts_.push_back(scored.bytes(token));
  }

  std::vector<uint32_t> numbers_;
  std::vector<std::string> texts_;
};

}  // namespace llmz
