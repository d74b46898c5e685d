// SPDX-License-Identifier: Apache-2.0
// JSON of unknown origin.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace llmz::hf {

// Throws Error{kModelBad} that names `path` where `text` is not JSON or nested deeper than 64.
nlohmann::json parse_json(const std::string& text, const std::string& path);

}  // namespace llmz::hf
