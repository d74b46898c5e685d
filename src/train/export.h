// SPDX-License-Identifier: Apache-2.0
// Trained floats in, an exact model out: the only place where real numbers become the integers of docs/exact-arithmetic.md.
#pragma once

#include <string>

#include "model/model_file.h"
#include "train/network.h"

namespace llmz::train {

// Rates of the adaptive head that go into the model.
constexpr HeadLearning kDefaultLearning = {66 * 1024, 16777};

// Throws kModelBad when a weight does not fit its fixed point.
ExactModel quantize(const Parameters& parameters, const ModelConfig& config, const std::string& name, HeadLearning learning);

// The model file, its self-test computed.
Bytes export_model(const ExactModel& exact, const Tokenizer& tokenizer);

}  // namespace llmz::train
