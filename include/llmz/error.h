// SPDX-License-Identifier: Apache-2.0
// The one exception type of llmz: nothing else leaves a function of this library, but for what the
// caller's own sources, sinks and callbacks throw, which passes through as it is. Messages say what
// was expected, what was found and what helps.
#pragma once

#include <stdexcept>
#include <string>

#include "llmz/export.h"

namespace llmz {

// The numbers are for good: the C interface and the exit report of the command have them too.
enum class ErrorKind {
  kUsage = 1,         // the caller asked for something impossible
  kIo = 2,            // the operating system refused
  kNotLlmz = 3,       // the input is not an llmz file
  kCorrupt = 4,       // the input is an llmz file, and damaged
  kTruncated = 5,     // the input ends too early
  kNewerVersion = 6,  // the input has a format version, or a part, that this llmz does not read
  kModelMissing = 7,  // the model that the input needs is not installed
  kModelBad = 8,      // a model file is damaged or not a model file
  kInterrupted = 9,   // a signal, or a callback, asked to stop
  kInternal = 10,     // a bug of llmz, or of a library below it
  kOutOfMemory = 11,  // the system has no more
  kLimit = 12,        // more memory or content than the caller allows
  kReferenceMissing = 13,  // the input needs a reference, or another one than was given
};

class LLMZ_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace llmz
