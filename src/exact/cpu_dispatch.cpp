// SPDX-License-Identifier: Apache-2.0
// Which build of the integer loops runs here.
#include <cmath>

#include "base/processor.h"
#include "exact/cpu_kernels.h"

namespace llmz::exact {

const CpuKernels& cpu_kernels() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Vnni:
      return kAvx512VnniKernels;
    case InstructionSet::kAvx512:
      return kAvx512Kernels;
    case InstructionSet::kAvx2:
      return kAvx2Kernels;
    default:
      break;
  }
#endif
  return kBaselineKernels;
}

// The floating-point root is only a first guess; the loops make it exact.
uint64_t isqrt(uint64_t value) {
  uint64_t root = static_cast<uint64_t>(std::sqrt(static_cast<double>(value)));
  constexpr uint64_t kLargest = 4294967295u;
  if (root > kLargest) root = kLargest;
  while (root * root > value) --root;
  while (root < kLargest && (root + 1) * (root + 1) <= value) ++root;
  return root;
}

}  // namespace llmz::exact
