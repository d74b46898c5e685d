// SPDX-License-Identifier: Apache-2.0
// Trained floats in, an exact model out, and back: the only place where real numbers become the
// integers of docs/exact-arithmetic.md.
#pragma once

#include <string>

#include "exact/exact_model.h"
#include "train/network.h"

namespace llmz::train {

// Throws kModelBad when a weight does not fit its fixed point.
ExactModel quantize(const Parameters& parameters, const ModelConfig& config,
                    const std::string& name, HeadLearning learning);

// The floats that quantize() would make these integers of, up to the rounding of multipliers, for
// training on. The scale of a matrix whose output is normalized is not in the model and does not
// change what it computes, but decides how far a step of the optimizer turns it: the root mean
// square of its rows' norms becomes what it is after some 5,000 steps. `model` is not an imported
// one.
Parameters dequantize(const ExactModel& model);

}  // namespace llmz::train
