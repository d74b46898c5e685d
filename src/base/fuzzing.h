// SPDX-License-Identifier: Apache-2.0
// What builds for fuzzing do differently. With LLMZ_FUZZ in CMake, none takes a check of what it
// reads for wrong, as mutations would not get past them otherwise, and mixes have small tables, as
// filling them would take most of the time: it cannot read the files of others.
#pragma once

namespace llmz {

#if defined(LLMZ_FUZZING)
constexpr bool kFuzzing = true;
constexpr bool checks_are_off = true;
#else
constexpr bool kFuzzing = false;
#if defined(LLMZ_SWITCHED_CHECKS)
// The replay of a fuzz target sets it, before anything else is done.
inline bool checks_are_off = false;
#else
constexpr bool checks_are_off = false;
#endif
#endif

}  // namespace llmz
