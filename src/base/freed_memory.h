// SPDX-License-Identifier: Apache-2.0
// What malloc() does with memory that was freed.
#pragma once

#include <climits>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace llmz {

// Keeps it for the whole process from now on, where tensors of megabytes come and go: pages that go
// back to the kernel have to be filled with zeros again. Does nothing without glibc.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

}  // namespace llmz
