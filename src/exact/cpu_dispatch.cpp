// SPDX-License-Identifier: Apache-2.0
// Which build of the integer loops runs here.
#include "base/processor.h"
#include "exact/cpu_kernels.h"
#include "exact/imported_loops.h"

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

const ImportedLoops& imported_loops() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Vnni:
      return kImportedAvx512Vnni;
    case InstructionSet::kAvx512:
      return kImportedAvx512;
    case InstructionSet::kAvx2:
      return kImportedAvx2;
    default:
      break;
  }
#endif
  return kImportedBaseline;
}

}  // namespace llmz::exact
