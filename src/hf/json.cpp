// SPDX-License-Identifier: Apache-2.0
#include "hf/json.h"

#include "base/error.h"

namespace llmz::hf {

nlohmann::json parse_json(const std::string& text, const std::string& path) {
  constexpr int kMaxDepth = 64;
  using Event = nlohmann::json::parse_event_t;
  // `depth` is the number of lists and objects around the event.
  const auto limit = [&](int depth, Event event, nlohmann::json&) {
    const bool opens = event == Event::array_start || event == Event::object_start;
    if (opens && depth >= kMaxDepth) {
      throw Error(ErrorKind::kModelBad, path + ": nested deeper than " + std::to_string(kMaxDepth));
    }
    return true;
  };
  try {
    return nlohmann::json::parse(text, limit);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kModelBad, path + ": not JSON: " + error.what());
  }
}

}  // namespace llmz::hf
