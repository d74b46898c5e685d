// SPDX-License-Identifier: Apache-2.0
// The files in folders, for -r.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/report.h"

namespace llmz {

// The files that were named, and in place of each folder those below it, in the order of their
// names: for compression all but compressed ones, else only those; no links, no devices. A folder
// that cannot be read is reported, and the others are still walked.
std::vector<std::string> files_below(const Options& options, Reporter& reporter);

}  // namespace llmz
