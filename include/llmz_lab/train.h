// SPDX-License-Identifier: Apache-2.0
// Training: texts in, a model file out.
#pragma once

namespace llmz::train {

// `llmz train` as a function, because its settings are some forty options: argv[0] is the command's
// name, the others are as man llmz-train says. Runs as long as these say, needs libtorch, writes
// files, reports to standard error, and handles SIGINT and SIGTERM while it trains. One at a time
// in a process. Throws nothing. Returns the exit status; 128 + the number of the signal that
// stopped the training, if one did.
int train_main(int argc, const char* const* argv);

}  // namespace llmz::train
