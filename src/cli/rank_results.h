// SPDX-License-Identifier: Apache-2.0
// What was found of a model as JSON, for the user, the cache and other processes; and back.
#pragma once

#include "cli/rank_models.h"

namespace llmz {

Json json_of(const ProtocolResult& result);
Json json_of(const TaskResult& result);
// All of it.
Json json_of(const RankedModel& ranked);

// Throw Json::exception for what another version wrote.
ProtocolResult protocol_from(const Json& json);
TaskResult tasks_from(const Json& json);
RankedModel ranked_from(const Json& json);

}  // namespace llmz
