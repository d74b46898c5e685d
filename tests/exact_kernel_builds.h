// SPDX-License-Identifier: Apache-2.0
// All builds of the integer loops that this processor can run, and inputs that reach their limits.
#pragma once

#include <random>

#include "exact/cpu_kernels.h"
#include "exact_document.h"

namespace llmz::test {

using exact::CpuKernels;

inline std::vector<const CpuKernels*> builds() {
  std::vector<const CpuKernels*> all{&exact::kBaselineKernels};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    all.push_back(&exact::kAvx2Kernels);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    all.push_back(&exact::kAvx512Kernels);
    if (__builtin_cpu_supports("avx512vnni")) all.push_back(&exact::kAvx512VnniKernels);
  }
#endif
  return all;
}

inline std::mt19937_64 random_source(7);

inline int64_t between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random_source() % static_cast<uint64_t>(high - low + 1));
}

// Vectors of every kind within +-limit: zero, all equal, one spike, extremes, all magnitudes.
inline std::vector<int32_t> some_vector(size_t n, int32_t limit) {
  std::vector<int32_t> x(n, 0);
  switch (random_source() % 8) {
    case 0:
      break;
    case 1:
      x.assign(n, static_cast<int32_t>(between(-limit, limit)));
      break;
    case 2:
      x.assign(n, random_source() % 2 ? limit : -limit);
      break;
    case 3:
      x[random_source() % n] = random_source() % 2 ? limit : -limit;
      break;
    case 4:
      x[random_source() % n] = 1;
      break;
    case 5:
      for (int32_t& v : x) v = random_source() % 2 ? limit : -limit;
      break;
    default:
      const int64_t reach = std::max<int64_t>(1, limit >> random_source() % 27);
      for (int32_t& v : x) v = static_cast<int32_t>(between(-reach, reach));
  }
  return x;
}

inline size_t some_size(size_t multiple, size_t largest) {
  return multiple * static_cast<size_t>(between(1, static_cast<int64_t>(largest / multiple)));
}

}  // namespace llmz::test
