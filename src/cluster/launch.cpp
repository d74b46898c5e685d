// SPDX-License-Identifier: Apache-2.0
#include "cluster/launch.h"

#include <cstdlib>

#include "base/size_text.h"

namespace llmz {
namespace {

// Of Open MPI, MPICH and what is made of it, MVAPICH, and of a step of Slurm. SLURM_NTASKS is not
// among them: a batch script has it too, which is one process.
constexpr const char* kSizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",
                                  "SLURM_STEP_NUM_TASKS"};

int value_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text ? static_cast<int>(parse_number(text, 1 << 24).value_or(0)) : 0;
}

}  // namespace

std::string launcher_variable() {
  for (const char* variable : kSizes) {
    if (value_of(variable) > 0) return variable;
  }
  return "";
}

int launched_processes() {
  const std::string variable = launcher_variable();
  return variable.empty() ? 0 : value_of(variable.c_str());
}

}  // namespace llmz
