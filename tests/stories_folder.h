// SPDX-License-Identifier: Apache-2.0
// A real LLaMA of 260 thousand parameters. Its files are not in the repository: the folder
// real/stories260K_hf in $LLMZ_SHARED, or in shared/ beside the repository.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace llmz::test {

// Empty, with a warning, where it is missing.
inline std::string stories_folder() {
  const char* shared = std::getenv("LLMZ_SHARED");
  const std::string folder =
      (shared ? std::string(shared) : std::string(LLMZ_SOURCE "/../shared")) +
      "/real/stories260K_hf";
  if (std::filesystem::exists(folder + "/model.safetensors")) return folder;
  WARN("SKIPPED: no real/stories260K_hf in LLMZ_SHARED or beside the repository");
  return "";
}

}  // namespace llmz::test
