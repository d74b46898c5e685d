// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/frame.h"
#include "llmz/model.h"

namespace llmz {

// A model that a compressed file carries, in memory. Throws kCorrupt and kModelBad.
ModelInfo unpacked(const CarriedModel& model);

}  // namespace llmz
