// SPDX-License-Identifier: Apache-2.0
// libllmz_torch.so, which holds everything that needs libtorch. It is loaded when a command needs
// it and not before: the program starts without it, and works where there is no libtorch.
#pragma once

#include <string>

namespace llmz {

// The address of an extern "C" function. Looks for the library in the folder of the running program
// and in ../lib/llmz from there. Throws Error{kUsage} if llmz was built without it, Error{kIo} if
// it cannot be loaded. The library stays loaded.
void* find_torch_function(const std::string& name);

}  // namespace llmz
