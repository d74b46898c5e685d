// SPDX-License-Identifier: Apache-2.0
// What computes a model.
#pragma once

#include <string>

namespace llmz {

struct EngineSettings {
  std::string engine = "auto";  // "auto" (the fastest exact one: cpu), "cpu", "torch", "cuda"
  unsigned threads = 0;  // at most one for each processor that the process may use; 0: all of
                         // these, or fewer by the quota of a control group
};

}  // namespace llmz
