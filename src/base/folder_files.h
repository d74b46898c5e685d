// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dirent.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <new>
#include <vector>

namespace llmz {

// What a folder holds, in no order; nothing of one that may not be read. Not with
// std::filesystem::directory_iterator, which ends the process where memory runs out (libstdc++ 12).
inline std::vector<std::filesystem::path> folder_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), &closedir);
  if (!open) {
    if (errno == ENOMEM) throw std::bad_alloc();
    return files;
  }
  while (const dirent* entry = readdir(open.get())) files.push_back(folder / entry->d_name);
  return files;
}

}  // namespace llmz
