// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exact/engine.h"
#include "tokenizer/tokenizer.h"

namespace llmz {

// The hash that a SelfTest stores, computed with this engine.
uint64_t self_test_hash(const ExactModel& exact, const Tokenizer& tokenizer,
                        const std::string& text, Engine& engine);

}  // namespace llmz
