// SPDX-License-Identifier: Apache-2.0
// The commands, one file each. They report what goes wrong with single files; what concerns the
// whole call they throw as Error.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/report.h"

namespace llmz {

void run_compress(const Options& options, Reporter& reporter);
void run_decompress(const Options& options, Reporter& reporter);
void run_test(const Options& options, Reporter& reporter);
void run_info(const Options& options, Reporter& reporter);
void run_estimate(const Options& options, Reporter& reporter);
void run_compare(const Options& options, Reporter& reporter);
void run_rank(const Options& options, Reporter& reporter);
void run_generate(const Options& options, Reporter& reporter);
void run_import(const Options& options, Reporter& reporter);
void run_models(const Options& options, Reporter& reporter);

// The laboratory parses the arguments of training. Returns the exit status.
int run_train(const std::vector<std::string>& args);

}  // namespace llmz
