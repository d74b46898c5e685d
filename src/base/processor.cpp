// SPDX-License-Identifier: Apache-2.0
#include "base/processor.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace llmz {
namespace {

// "" for none.
std::string asked_for() {
  const char* value = std::getenv("LLMZ_CPU");
  std::string asked = value ? value : "";
  for (const char* known : {"", "baseline", "avx2", "avx512"}) {
    if (asked == known) return asked;
  }
  throw Error(
      ErrorKind::kUsage,
      "the environment variable LLMZ_CPU takes baseline, avx2 or avx512, not \"" + asked + "\"");
}

InstructionSet find_instruction_set() {
  const std::string asked = asked_for();
#if defined(__x86_64__)
  if (asked == "baseline") return InstructionSet::kBaseline;
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
    return InstructionSet::kBaseline;
  if (asked == "avx2") return InstructionSet::kAvx2;
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512dq"))
    return InstructionSet::kAvx2;
  if (asked == "avx512") return InstructionSet::kAvx512;
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
