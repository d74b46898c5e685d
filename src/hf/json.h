// SPDX-License-Identifier: Apache-2.0
// JSON from files that nobody vouches for: bounded in size and depth, names unique.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.h"

namespace llmz::hf {

using Json = nlohmann::json;

constexpr int kMaxJsonDepth = 64;

// Parses `text`; `what` (a path) begins the messages. Throws Error{kModelBad} when it is not JSON,
// nests deeper than kMaxJsonDepth, or names a member of an object twice.
Json parse_json(ByteView text, const std::string& what);

// The same for a file of at most `max_bytes`. Throws Error{kIo} when it cannot be read.
Json read_json(const std::string& path, uint64_t max_bytes);

// A name out of such a file, in quotes, with control characters escaped and shortened to print.
std::string in_quotes(const std::string& name);

}  // namespace llmz::hf
