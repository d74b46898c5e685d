// SPDX-License-Identifier: Apache-2.0
// llmz train
#include "cli/commands.h"
#include "train/train_main.h"

namespace llmz {

int run_train(const std::vector<std::string>& args) {
  std::vector<const char*> argv = {"llmz train"};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  return train::train_main(argc, argv.data());
}

}  // namespace llmz
