// SPDX-License-Identifier: Apache-2.0
// llmz train
#include "cli/commands.h"
#include "cli/signals.h"
#include "train/train_main.h"

namespace llmz {

int run_train(const std::vector<std::string>& args) {
  std::vector<const char*> argv = {"llmz train"};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  const int status = train::train_main(argc, argv.data());
  if (status > 128) end_by_signal(status - 128);
  return status;
}

}  // namespace llmz
