// SPDX-License-Identifier: Apache-2.0
// What this process may use of the machine: which builds of the integer loops run on its
// processors, how many of them it gets, and how much memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace llmz {

// All of these give the same results.
enum class InstructionSet { kBaseline, kAvx2, kAvx512, kAvx512Vnni };

// The best one here; LLMZ_CPU=baseline, avx2 or avx512 in the environment asks for less. Throws
// Error{kUsage} for another value: who sets it wants to know what was used. Decided once.
InstructionSet instruction_set();

// Processors that the affinity mask and the cpuset let this process run on, at least 1. More
// threads than these only wait for each other.
unsigned allowed_processors();

// The processor time per second that the control groups of this process are limited to, in
// processors: 1.5, 0.2. nullopt without a limit. `root` is where /proc and /sys are.
std::optional<double> processor_quota(const std::string& root = "");

// How many threads are worth having: allowed_processors(), or the quota rounded up if that is less.
unsigned usable_processors();

// The machine's memory, or what the control groups of this process limit it to if that is less.
uint64_t usable_memory_bytes(const std::string& root = "");

}  // namespace llmz
