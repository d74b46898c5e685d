// SPDX-License-Identifier: Apache-2.0
// Which build of the integer loops runs here.
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

}  // namespace llmz::exact
