// SPDX-License-Identifier: Apache-2.0
// The one exception type of llmz. Messages say what was expected, what was found and what helps.
#pragma once

#include <stdexcept>
#include <string>

namespace llmz {

enum class ErrorKind {
  kUsage,         // the caller asked for something impossible
  kIo,            // the operating system refused
  kNotLlmz,       // the input is not an llmz file
  kCorrupt,       // the input is an llmz file, and damaged
  kTruncated,     // the input ends too early
  kNewerVersion,  // the input was made by another version of llmz
  kModelMissing,  // the model that the input needs is not installed
  kModelBad,      // a model file is damaged or not a model file
  kInterrupted,   // a signal asked to stop
  kInternal,      // something that cannot happen: a bug in llmz
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace llmz
