// SPDX-License-Identifier: Apache-2.0
// What computes a model.
#pragma once

#include <string>

namespace llmz {

struct EngineSettings {
  std::string engine = "auto";  // "auto" (the fastest exact one: cpu), "cpu", "torch", "cuda"
  unsigned threads = 0;         // 0: one for each processor
};

}  // namespace llmz
