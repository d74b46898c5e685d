// SPDX-License-Identifier: Apache-2.0
// Settings in, an engine out.
#pragma once

#include "exact/engine.h"
#include "llmz/engine.h"

namespace llmz {

unsigned thread_count(const EngineSettings& settings);

// The engine that the settings ask for; "auto" is the cpu engine, which is exact on every
// processor. weights: of an engine that the same model and name gave, if there is one.
Engine make_engine(const ExactModel& model, const EngineSettings& settings,
                   std::shared_ptr<EngineWeights> weights = nullptr);

}  // namespace llmz
