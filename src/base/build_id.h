// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace llmz {

// A hash of all headers and the compiler: programs and libraries that say the same agree on every
// struct.
const char* build_id();

}  // namespace llmz
