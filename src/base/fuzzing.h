// SPDX-License-Identifier: Apache-2.0
// Whether this is a build for fuzzing (LLMZ_FUZZ in CMake). Such a build takes no check of what it
// reads for wrong, as mutations would not get past them otherwise, and its mixes have small tables,
// as filling them would take most of the time: it cannot read the files of others.
#pragma once

namespace llmz {

#if defined(LLMZ_FUZZING)
constexpr bool kFuzzing = true;
#else
constexpr bool kFuzzing = false;
#endif

}  // namespace llmz
