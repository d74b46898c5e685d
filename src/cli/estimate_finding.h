// SPDX-License-Identifier: Apache-2.0
// What llmz estimate has found, in the forms that it is shown in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/report.h"
#include "llmz_lab/tally.h"

namespace llmz {

// What was found about one file, by whatever way.
struct Finding {
  std::string path;
  std::string model, arithmetic, context;
  Tally tally;
  bool has_positions = false;
  std::optional<uint64_t> file_bytes;
  double seconds = 0;
};

Json json_of(const Finding& found);
// All of it, for another process.
Json whole_json_of(const Finding& found);
Finding finding_from(const Json& json);
std::string text_of(const Finding& found);
// A script for gnuplot: the middle of each bucket of positions against its rate.
std::string plot_of(const std::vector<Finding>& all);

}  // namespace llmz
