// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/auxv.h>

#include <filesystem>

namespace llmz {

// The folder of the running program, links followed; empty where the system does not tell, and
// then nothing is installed beside it. A path relative to the working directory would be somebody
// else's folder.
inline std::filesystem::path program_folder() {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) return self.parent_path();
  // Without /proc: what execve() was called with. The first call comes before any change of the
  // working directory.
  static const fs::path started = [] {
    const auto name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
    std::error_code unknown;
    const fs::path path = name ? fs::canonical(name, unknown) : fs::path();
    return unknown ? fs::path() : path.parent_path();
  }();
  return started;
}

// The folder of what this code was linked into: a shared library, or the program.
std::filesystem::path library_folder();

}  // namespace llmz
