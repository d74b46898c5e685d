// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace llmz::train {

// argv[0] is the command's name. Returns the exit status; 128 + the number of the signal that
// stopped the training, if one did.
int train_main(int argc, const char* const* argv);

}  // namespace llmz::train
