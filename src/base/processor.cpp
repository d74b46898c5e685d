// SPDX-License-Identifier: Apache-2.0
#include "base/processor.h"

#include <cstdlib>
#include <cstring>

namespace llmz {
namespace {

InstructionSet find_instruction_set() {
#if defined(__x86_64__)
  const char* asked = std::getenv("LLMZ_CPU");
  if (asked && std::strcmp(asked, "baseline") == 0) return InstructionSet::kBaseline;
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
    return InstructionSet::kBaseline;
  if (asked && std::strcmp(asked, "avx2") == 0) return InstructionSet::kAvx2;
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512dq"))
    return InstructionSet::kAvx2;
  if (asked && std::strcmp(asked, "avx512") == 0) return InstructionSet::kAvx512;
  return __builtin_cpu_supports("avx512vnni") ? InstructionSet::kAvx512Vnni
                                              : InstructionSet::kAvx512;
#else
  return InstructionSet::kBaseline;
#endif
}

}  // namespace

InstructionSet instruction_set() {
  static const InstructionSet found = find_instruction_set();
  return found;
}

}  // namespace llmz
