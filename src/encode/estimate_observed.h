// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "encode/frozen_walk.h"
#include "llmz/estimate.h"

namespace llmz {

// estimate() of EstimateOf::kFrozenNetwork, with the same result; `observer` sees how it comes
// about.
Estimate estimate_observed(ByteSource& in, const Models& models, const CompressSettings& settings,
                           TableObserver& observer, const Progress& progress = {});

}  // namespace llmz
