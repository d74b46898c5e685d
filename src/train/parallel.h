// SPDX-License-Identifier: Apache-2.0
// Threads of training.
#pragma once

#include <cstddef>
#include <functional>

namespace llmz::train {

// Calls work(0 .. count - 1), each once, on `threads` threads that take the next number as they
// come free, because a thread whose processor is busy elsewhere would hold up the others. libtorch
// uses one thread inside each call: so results depend neither on the number of threads nor on which
// of them did what. Throws what a call threw.
void parallel(size_t threads, size_t count, const std::function<void(size_t)>& work);

}  // namespace llmz::train
