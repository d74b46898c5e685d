// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/options.h"

namespace llmz {

// The text of --help (topic kHelp), or of `llmz help COMMAND`; lines of at most 80 columns.
std::string help_text(Command topic);

}  // namespace llmz
