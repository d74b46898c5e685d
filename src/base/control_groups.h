// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace llmz {

// The folders of the control groups, of both versions, that limit this process in what a controller
// ("cpu", "memory") counts: its own, and those that these are in. Some may not exist: in a
// container the path may be that of the host, where nothing is, and the mount itself is the
// container's group. `root` is where /proc and /sys are.
std::vector<std::string> control_group_folders(const std::string& root,
                                               const std::string& controller);

// The first line of a file, empty without one.
std::string first_line(const std::string& path);

}  // namespace llmz
