// SPDX-License-Identifier: Apache-2.0
// Which build of the integer loops runs here.
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "exact/cpu_kernels.h"

namespace llmz::exact {

extern const CpuKernels kBaselineKernels;
#if defined(__x86_64__)
extern const CpuKernels kAvx2Kernels;
extern const CpuKernels kAvx512Kernels;
#endif

const CpuKernels& cpu_kernels() {
  static const CpuKernels& chosen = []() -> const CpuKernels& {
#if defined(__x86_64__)
    const char* asked = std::getenv("LLMZ_CPU");
    const bool baseline = asked && std::strcmp(asked, "baseline") == 0;
    const bool avx2 = asked && std::strcmp(asked, "avx2") == 0;
    __builtin_cpu_init();
    if (!baseline && !avx2 && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
      return kAvx512Kernels;
    }
    if (!baseline && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
      return kAvx2Kernels;
#endif
    return kBaselineKernels;
  }();
  return chosen;
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
