// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace llmz {

// The folder of the running program; empty where the system does not tell.
inline std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

// The folder of what this code was linked into: a shared library, or the program.
std::filesystem::path library_folder();

}  // namespace llmz
