// SPDX-License-Identifier: Apache-2.0
#include "cli/folders.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/files.h"

namespace llmz {
namespace {

// Is a file that was found in a folder, not named, meant? Links and devices are not, nor what is
// compressed already, or is not.
bool is_selected(const Options& options, const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(entry.symlink_status(ignored))) return false;
  const std::string name = entry.path().string();
  const bool compressed = has_suffix(name, options.suffix) || has_suffix(name, kSuffix);
  if (options.command == Command::kEstimate) return true;
  return compressed != (options.command == Command::kCompress);
}

void add_files_below(const std::string& folder, const Options& options, Reporter& reporter,
                     std::vector<std::string>& files) {
  std::error_code problem;
  std::vector<std::filesystem::directory_entry> entries;
  for (std::filesystem::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    entries.push_back(*at);
  }
  if (problem)
    reporter.error(folder, Error(ErrorKind::kIo, "cannot be read: " + problem.message()));
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    if (std::filesystem::is_directory(entry.symlink_status(problem))) {
      add_files_below(entry.path().string(), options, reporter, files);
    } else if (is_selected(options, entry)) {
      files.push_back(entry.path().string());
    }
  }
}

}  // namespace

std::vector<std::string> files_below(const Options& options, Reporter& reporter) {
  std::vector<std::string> files;
  for (const std::string& file : options.files) {
    std::error_code ignored;
    if (file != "-" && std::filesystem::is_directory(file, ignored)) {
      add_files_below(file, options, reporter, files);
    } else {
      files.push_back(file);
    }
  }
  return files;
}

}  // namespace llmz
