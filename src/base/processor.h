// SPDX-License-Identifier: Apache-2.0
// Which of the builds of the integer loops runs on this processor. All give the same results.
#pragma once

namespace llmz {

enum class InstructionSet { kBaseline, kAvx2, kAvx512, kAvx512Vnni };

// The best one here; LLMZ_CPU=baseline, avx2 or avx512 in the environment asks for less. Decided
// once.
InstructionSet instruction_set();

}  // namespace llmz
