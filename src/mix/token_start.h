// SPDX-License-Identifier: Apache-2.0
// The weights that the mix beside a network begins with: means of what the weight sets came to on
// prose that is neither trained on nor a benchmark (docs/mixing.md). 12 fraction bits. They belong
// to the format.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mix/mixer_loops.h"

namespace llmz::mix {

constexpr size_t kTokenInputs = 39;
constexpr int kStartBits = 12;

// [set][of decisions about bytes, about ends of tokens]
extern const int16_t kTokenStart[kMixerSets][2][kTokenInputs];
// Of the second layer, for the same two.
extern const int16_t kTokenFinalStart[2][kMixerSets];

}  // namespace llmz::mix
