// SPDX-License-Identifier: Apache-2.0
// libtorch takes a second and 170 MB before main(); so what needs it lies in libllmz_torch.so, which is opened when first needed.
#pragma once

#include <string>

#include "exact/engine.h"

namespace llmz {

struct TorchLibrary {
  // Functions that libllmz_torch.so exports (src/train/torch_library_exports.cpp).
  void (*make_engine)(const ExactModel& model, const char* device, unsigned threads, Engine& engine);
  int (*train_main)(int argc, const char* const* argv);
};

// Opens the library: beside the program, or in ../lib/llmz from it. Throws kUsage saying where it was looked for.
const TorchLibrary& torch_library();

}  // namespace llmz
