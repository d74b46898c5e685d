// SPDX-License-Identifier: Apache-2.0
// The torch engine where this build has it.
#pragma once

#include <catch2/catch.hpp>

#include "exact/make_engine.h"

namespace llmz::test {

// Says so and returns false where this build has no libtorch.
inline bool torch_engine(const ExactModel& model, Engine& engine, unsigned threads = 1) {
  try {
    engine = make_engine(model, {"torch", threads});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    WARN("SKIPPED: " << error.what());
    return false;
  }
  return true;
}

}  // namespace llmz::test
