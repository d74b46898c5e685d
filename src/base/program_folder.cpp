// SPDX-License-Identifier: Apache-2.0
#include "base/program_folder.h"

#include <dlfcn.h>

namespace llmz {

std::filesystem::path library_folder() {
  namespace fs = std::filesystem;
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&library_folder), &info) == 0 || !info.dli_fname)
    return program_folder();
  // Of a program this is what its caller wrote, perhaps a relative path.
  const fs::path file = info.dli_fname;
  if (!file.is_absolute() || file.filename().string().rfind("libllmz", 0) != 0)
    return program_folder();
  std::error_code failed;
  const fs::path followed = fs::canonical(file, failed);
  return failed ? fs::path() : followed.parent_path();
}

}  // namespace llmz
