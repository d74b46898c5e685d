// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/processor.h"

namespace llmz {
namespace {

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

// "50000 100000" of version 2, where the first may be "max"; of version 1 from two files, where it
// may be -1.
std::optional<double> quota_of(const std::string& quota, const std::string& period) {
  char* end = nullptr;
  const double runs = std::strtod(quota.c_str(), &end), of = std::strtod(period.c_str(), nullptr);
  if (end == quota.c_str() || !(runs > 0) || !(of > 0)) return std::nullopt;
  return runs / of;
}

std::optional<double> quota_of_folder(const std::string& folder) {
  std::istringstream fields(first_line(folder + "/cpu.max"));
  std::string quota, period;
  if (fields >> quota >> period) return quota_of(quota, period);
  return quota_of(first_line(folder + "/cpu.cfs_quota_us"),
                  first_line(folder + "/cpu.cfs_period_us"));
}

// The least of a group and of those that it is in. In a container the path may be that of the
// host, where nothing is, and the mount itself is the container's group: it is asked in any case.
std::optional<double> least_quota(const std::string& mount, std::string group) {
  std::optional<double> least;
  for (;;) {
    const auto quota = quota_of_folder(mount + group);
    if (quota) least = std::min(least.value_or(*quota), *quota);
    if (group.empty()) return least;
    group.resize(group.find_last_of('/') == std::string::npos ? 0 : group.find_last_of('/'));
  }
}

bool has_cpu(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

}  // namespace

unsigned allowed_processors() {
  // The kernel may know more processors than a fixed set has room for.
  for (int room = 1024; room <= 1 << 20; room *= 2) {
    std::vector<cpu_set_t> set(CPU_ALLOC_SIZE(room) / sizeof(cpu_set_t));
    const size_t bytes = set.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, set.data()) == 0)
      return static_cast<unsigned>(std::max(1, CPU_COUNT_S(bytes, set.data())));
    if (errno != EINVAL) break;
  }
  return static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

std::optional<double> processor_quota(const std::string& root) {
  std::optional<double> least;
  std::ifstream groups(root + "/proc/self/cgroup");
  // "0::/user.slice" of version 2, "4:cpu,cpuacct:/user.slice" of version 1.
  for (std::string line; std::getline(groups, line);) {
    const size_t name = line.find(':'), path = line.find(':', name + 1);
    if (name == std::string::npos || path == std::string::npos) continue;
    const std::string controllers = line.substr(name + 1, path - name - 1);
    if (!controllers.empty() && !has_cpu(controllers)) continue;
    std::string group = line.substr(path + 1);
    if (group == "/") group.clear();
    const std::string mount = root + "/sys/fs/cgroup";
    for (const std::string& folder :
         {controllers.empty() ? mount : mount + "/" + controllers, mount + "/cpu"}) {
      const auto quota = least_quota(folder, group);
      if (quota) least = std::min(least.value_or(*quota), *quota);
    }
  }
  return least;
}

unsigned usable_processors() {
  const unsigned allowed = allowed_processors();
  const std::optional<double> quota = processor_quota();
  if (!quota || *quota >= allowed) return allowed;
  return std::max(1u, static_cast<unsigned>(std::ceil(*quota)));
}

}  // namespace llmz
