// SPDX-License-Identifier: Apache-2.0
#include "base/control_groups.h"

#include <fstream>

namespace llmz {
namespace {

void append_with_parents(const std::string& mount, std::string group,
                         std::vector<std::string>& folders) {
  for (;;) {
    folders.push_back(mount + group);
    if (group.empty()) return;
    group.resize(group.find_last_of('/') == std::string::npos ? 0 : group.find_last_of('/'));
  }
}

bool has(const std::string& controllers, const std::string& controller) {
  return ("," + controllers + ",").find("," + controller + ",") != std::string::npos;
}

}  // namespace

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

std::vector<std::string> control_group_folders(const std::string& root,
                                               const std::string& controller) {
  std::vector<std::string> folders;
  std::ifstream groups(root + "/proc/self/cgroup");
  // "0::/user.slice" of version 2, "4:cpu,cpuacct:/user.slice" of version 1.
  for (std::string line; std::getline(groups, line);) {
    const size_t name = line.find(':'), path = line.find(':', name + 1);
    if (name == std::string::npos || path == std::string::npos) continue;
    const std::string controllers = line.substr(name + 1, path - name - 1);
    if (!controllers.empty() && !has(controllers, controller)) continue;
    std::string group = line.substr(path + 1);
    if (group == "/") group.clear();
    const std::string mount = root + "/sys/fs/cgroup";
    append_with_parents(controllers.empty() ? mount : mount + "/" + controllers, group, folders);
    append_with_parents(mount + "/" + controller, group, folders);
  }
  return folders;
}

}  // namespace llmz
