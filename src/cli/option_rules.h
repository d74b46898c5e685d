// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/options.h"

namespace llmz {

// Which files the commands need, and which options exclude each other. Throws Error{kUsage}.
void check_files(Options& options);
void check_contradictions(const Options& options);

}  // namespace llmz
