// SPDX-License-Identifier: Apache-2.0
// What operator new has given and not got back, in the whole process; memory_meter.cpp replaces it.
#pragma once

#include <cstdint>

namespace llmz::fuzz {

uint64_t heap_bytes();
// The most since the last restart.
uint64_t most_heap_bytes();
void restart_most_heap_bytes();

}  // namespace llmz::fuzz
