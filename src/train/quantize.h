// SPDX-License-Identifier: Apache-2.0
// Trained floats in, an exact model out: the only place where real numbers become the integers of
// docs/exact-arithmetic.md.
#pragma once

#include <string>

#include "exact/exact_model.h"
#include "train/network.h"

namespace llmz::train {

// Throws kModelBad when a weight does not fit its fixed point.
ExactModel quantize(const Parameters& parameters, const ModelConfig& config,
                    const std::string& name, HeadLearning learning);

}  // namespace llmz::train
