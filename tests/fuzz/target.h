// SPDX-License-Identifier: Apache-2.0
// What every fuzz target has: the function that libFuzzer calls, inputs to begin with, and what it
// calls a fault.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "memory_meter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace llmz::fuzz {

// Valid inputs, which mutations start from. Each target has its own.
std::vector<Bytes> seeds();

[[noreturn]] inline void fault(const std::string& what) {
  std::fprintf(stderr, "fault: %s\n", what.c_str());
  std::abort();
}

inline void require(bool holds, const char* what) {
  if (!holds) fault(what);
}

// What became of bytes that nobody vouches for: nothing, or an Error that gives a reason. Any other
// exception ends the process, and kInternal and kOutOfMemory are faults too.
template <class Action>
std::optional<ErrorKind> refusal(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    const bool ours =
        error.kind() == ErrorKind::kInternal || error.kind() == ErrorKind::kOutOfMemory;
    if (ours || *error.what() == 0) fault(std::string("refused with: ") + error.what());
    return error.kind();
  }
  return std::nullopt;
}

// Calls it, and asks that the heap never held more than `most_bytes` above what it holds now.
template <class Action>
auto within_heap(uint64_t most_bytes, Action&& action) {
  struct Limit {
    uint64_t most, before = heap_bytes();
    ~Limit() {
      if (most_heap_bytes() > before + most)
        fault("took " + std::to_string(most_heap_bytes() - before) + " bytes of heap, " +
              std::to_string(most) + " are the most");
    }
  } limit{most_bytes};
  restart_most_heap_bytes();
  return action();
}

}  // namespace llmz::fuzz
