// SPDX-License-Identifier: Apache-2.0
#include "compare/peak_memory.h"

#include <fstream>
#include <string>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace llmz {
namespace {

// "VmHWM" is the peak, "VmRSS" the present size.
std::optional<uint64_t> field_of_status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    uint64_t kibibytes;
    if (word == name + ":" && status >> kibibytes) return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace

PeakMemory::PeakMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  std::ofstream clear("/proc/self/clear_refs");
  clear << 5 << std::flush;  // proc(5): resets the peak
  if (clear) before_bytes_ = field_of_status("VmRSS");
}

std::optional<uint64_t> PeakMemory::bytes() const {
  const auto peak = before_bytes_ ? field_of_status("VmHWM") : std::nullopt;
  if (!peak) return std::nullopt;
  return *peak > *before_bytes_ ? *peak - *before_bytes_ : 0;
}

}  // namespace llmz
