// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace llmz::train {

// argv[0] is the command's name. Returns the exit status.
int train_main(int argc, const char* const* argv);

}  // namespace llmz::train
