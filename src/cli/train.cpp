// SPDX-License-Identifier: Apache-2.0
// llmz train
#include "cli/commands.h"
#include "cli/plugin.h"

namespace llmz {

int run_train(const std::vector<std::string>& args) {
  std::vector<const char*> argv = {"llmz train"};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  using Main = int (*)(int argc, const char* const* argv);
  return reinterpret_cast<Main>(find_torch_function("llmz_train_main"))(argc, argv.data());
}

}  // namespace llmz
