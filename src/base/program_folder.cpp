// SPDX-License-Identifier: Apache-2.0
#include "base/program_folder.h"

#include <dlfcn.h>

namespace llmz {

std::filesystem::path library_folder() {
  Dl_info info{};
  const std::filesystem::path program = program_folder();
  if (dladdr(reinterpret_cast<void*>(&library_folder), &info) == 0 || !info.dli_fname)
    return program;
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::canonical(info.dli_fname, ignored);
  return file.empty() ? program : file.parent_path();
}

}  // namespace llmz
