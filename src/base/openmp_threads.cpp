// SPDX-License-Identifier: Apache-2.0
#include "base/openmp_threads.h"

#include <omp.h>

namespace llmz {

OpenMpThreads::OpenMpThreads() : before_(omp_get_max_threads()) {}
OpenMpThreads::~OpenMpThreads() { omp_set_num_threads(before_); }

}  // namespace llmz
