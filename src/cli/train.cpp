// SPDX-License-Identifier: Apache-2.0
// llmz train
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/signals.h"
#include "llmz_lab/train.h"

namespace llmz {

int run_train(const std::vector<std::string>& args) {
  std::vector<const char*> argv = {"llmz train"};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  const int status = train::train_main(argc, argv.data());
  // Training writes with stdio, the rest of the program does not.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw StdoutError(std::string("cannot write to standard output: ") + std::strerror(errno),
                      errno == EPIPE);
  if (status > 128) end_by_signal(status - 128);
  return status;
}

}  // namespace llmz
