// SPDX-License-Identifier: Apache-2.0
// Whole files, which several processes have at work.
#pragma once

#include "cli/side_by_side.h"

namespace llmz {

// Whether one process does this file as a whole: it is short, or nothing in it can be shared.
bool is_for_one_process(const Options& options, const std::string& path);

// Files that follow each other. What goes wrong with one is told, and ends no other.
void share_files(const Options& options, Reporter& reporter, const std::vector<std::string>& paths,
                 const FileWork& work);

// What a process does of them.
Share files_share(const Options& options, const Reporter& reporter, const FileWork& work,
                  ByteView description);

}  // namespace llmz
