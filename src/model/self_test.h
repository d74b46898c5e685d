// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "exact/engine.h"
#include "model/model_file.h"

namespace llmz {

// The hash that a SelfTest of these tokens stores, computed with this engine.
uint64_t self_test_hash(const ExactModel& exact, const std::vector<uint32_t>& tokens,
                        Engine& engine);

inline SelfTest make_self_test(const ExactModel& exact, std::vector<uint32_t> tokens,
                               Engine& engine) {
  const uint64_t hash = self_test_hash(exact, tokens, engine);
  return {std::move(tokens), hash};
}

}  // namespace llmz
