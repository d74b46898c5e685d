// SPDX-License-Identifier: Apache-2.0
// The files of one call: short ones side by side, each on a thread of its own, because one alone
// has no work for several. What is said of them comes in their order, as if they had come one by
// one.
#pragma once

#include <functional>
#include <string>

#include "cli/options.h"
#include "cli/report.h"
#include "cluster/cluster.h"

namespace llmz {

// Which files one thread can do at once: those that are decoded wait for steps of the network,
// which are computed for several of them together.
enum class FilesAtOnce { kOne, kSeveralTiny };

// What is done with one file. The options say how many threads it has; the reporter is its own.
using FileWork = std::function<void(const Options&, Reporter&, const std::string& path)>;

// As Reporter::for_each_file(). With --memlimit, and where all goes to one output, one by one. In a
// run of several processes short files are shared among them, and of a longer one what `work`
// shares; all but the leader do here what comes to them, `parts` of it for a file in parts.
void for_each_file_side_by_side(const Options& options, Reporter& reporter, const FileWork& work,
                                const Prepare& parts, FilesAtOnce at_once = FilesAtOnce::kOne);

}  // namespace llmz
