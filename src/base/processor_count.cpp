// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "base/control_groups.h"
#include "base/processor.h"

namespace llmz {
namespace {

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
  for (const std::string& folder : control_group_folders(root, "cpu")) {
    const auto quota = quota_of_folder(folder);
    if (quota) least = std::min(least.value_or(*quota), *quota);
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
