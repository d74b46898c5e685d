// SPDX-License-Identifier: Apache-2.0
// How this process was started: by what its environment says.
#pragma once

#include <string>

namespace llmz {

// How many processes an MPI launcher (mpirun, srun, aprun) has started together with this one; 0
// where none has.
int launched_processes();

// What the launcher is known by: "OMPI_COMM_WORLD_SIZE". Empty for none.
std::string launcher_variable();

}  // namespace llmz
