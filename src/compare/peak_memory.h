// SPDX-License-Identifier: Apache-2.0
// The most memory that a part of the program took. Of all threads of the process together: two
// parts measured at the same time measure each other.
#pragma once

#include <cstdint>
#include <optional>

namespace llmz {

class PeakMemory {
 public:
  // Begins a part: gives free memory back to the system, so that it counts when it is taken
  // again, and resets the system's mark.
  PeakMemory();
  // The highest resident set since then, beyond that at the beginning; nullopt where the system
  // does not tell (it does on Linux, in /proc).
  std::optional<uint64_t> bytes() const;

 private:
  std::optional<uint64_t> before_bytes_;
};

}  // namespace llmz
