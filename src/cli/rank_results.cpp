// SPDX-License-Identifier: Apache-2.0
#include "cli/rank_results.h"

namespace llmz {

Json json_of(const ProtocolResult& result) {
  return {{"content_bytes", result.tally.content_bytes},
          {"characters", result.tally.characters},
          {"tokens", result.tally.tokens},
          {"texts", result.tally.sequences},
          {"bits", result.tally.bits},
          {"window", result.window}};
}

Json json_of(const TaskResult& result) {
  return {{"tasks", result.tasks},
          {"right", result.right},
          {"right_per_byte", result.right_per_byte},
          {"chance", result.chance}};
}

Json json_of(const RankedModel& ranked) {
  const LanguageModel::Description& about = ranked.about;
  Json json = {{"name", ranked.name},
               {"about",
                {about.name, about.arithmetic, about.fingerprint, about.parameters,
                 about.weight_bytes, about.vocabulary, about.max_context}}};
  if (ranked.protocol) json["protocol"] = json_of(*ranked.protocol);
  if (ranked.tasks) json["tasks"] = json_of(*ranked.tasks);
  return json;
}

ProtocolResult protocol_from(const Json& json) {
  ProtocolResult result;
  result.tally.content_bytes = json.at("content_bytes");
  result.tally.characters = json.at("characters");
  result.tally.tokens = json.at("tokens");
  result.tally.sequences = json.at("texts");
  result.tally.bits = json.at("bits");
  result.window = json.at("window");
  return result;
}

TaskResult tasks_from(const Json& json) {
  TaskResult result;
  result.tasks = json.at("tasks");
  result.right = json.at("right");
  result.right_per_byte = json.at("right_per_byte");
  result.chance = json.at("chance");
  return result;
}

RankedModel ranked_from(const Json& json) {
  RankedModel ranked;
  ranked.name = json.at("name");
  const Json& about = json.at("about");
  ranked.about = {about[0], about[1], about[2], about[3], about[4], about[5], about[6]};
  if (json.contains("protocol")) ranked.protocol = protocol_from(json.at("protocol"));
  if (json.contains("tasks")) ranked.tasks = tasks_from(json.at("tasks"));
  return ranked;
}

}  // namespace llmz
