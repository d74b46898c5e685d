// SPDX-License-Identifier: Apache-2.0
// What an imported model does with a short text of many kinds: where its hidden vectors lie, and
// what rounding to integers costs.
#pragma once

#include <string_view>
#include <vector>

#include "exact/engine.h"
#include "import/quantize.h"
#include "train/settings.h"

namespace llmz::importer {

// Prose, verse, a letter, code, data, a list, a few other languages: about 2.6 KB, written for
// this.
extern const std::string_view kCalibrationText;

// The hidden vectors (without their constant) for the start token and all tokens but the last:
// int8 [tokens][dim].
std::vector<int8_t> hidden_vectors(Engine& engine, const ExactModel& model,
                                   const std::vector<uint32_t>& tokens);

// The range that they fill, with room for other texts. `range` is what the model was made with.
HiddenRange filled_range(const std::vector<int8_t>& hidden, const HiddenRange& range);

// Gradients below it are left out: as in llmz's own models.
constexpr uint32_t kLearningThreshold = train::kDefaultLearning.threshold;

// The head's learning rate that moves logits as much as the default one does in llmz's own models.
uint32_t learning_rate(const std::vector<int8_t>& hidden, uint32_t dim);

// Bits of the tokens with a frozen head.
double coded_bits(Engine& engine, const ExactModel& model, const std::vector<int8_t>& hidden,
                  const std::vector<uint32_t>& tokens);

}  // namespace llmz::importer
