// SPDX-License-Identifier: Apache-2.0
// The settings of a block where a frame leaves them out.
#pragma once

#include "container/frame.h"
#include "exact/exact_model.h"

namespace llmz {

// Of a frame that needs no model; of one that needs this model, whose head learns as it says.
CoderSettings default_coder_settings();
CoderSettings default_coder_settings(const ExactModel& model);

// The settings with the head's learning of the model, or with a head that does not learn.
CoderSettings with_head(CoderSettings settings, const ExactModel& model, bool learning);

// In which a round of tokens is coded, at most.
uint32_t lanes_of(RoundMethod method, const CoderSettings& coder);

uint32_t head_rate(const CoderSettings& coder);  // of 2^24; 0: frozen

}  // namespace llmz
