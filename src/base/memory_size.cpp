// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/control_groups.h"
#include "base/processor.h"

namespace llmz {

uint64_t usable_memory_bytes(const std::string& root) {
  const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  uint64_t least = pages > 0 && page_bytes > 0
                       ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes)
                       : UINT64_MAX;
  for (const std::string& folder : control_group_folders(root, "memory")) {
    for (const char* file : {"/memory.max", "/memory.limit_in_bytes"}) {
      const uint64_t limit = std::strtoull(first_line(folder + file).c_str(), nullptr, 10);
      if (limit > 0) least = std::min(least, limit);  // "max" is no limit
    }
  }
  return least;
}

}  // namespace llmz
