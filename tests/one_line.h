// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sentencepiece_trainer.h>

#include <string>
#include <utility>

namespace llmz::test {

// All of a text as one line, for sentencepiece's trainer.
class OneLine : public sentencepiece::SentenceIterator {
 public:
  explicit OneLine(std::string line) : line_(std::move(line)) {}
  bool done() const override { return done_; }
  void Next() override { done_ = true; }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::string line_;
  bool done_ = false;
};

}  // namespace llmz::test
