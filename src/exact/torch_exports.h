// SPDX-License-Identifier: Apache-2.0
// What libllmz_torch.so has of this folder (base/torch_library.h).
#pragma once

#include "exact/engine.h"

// device: "cpu", "cuda".
extern "C" void llmz_make_torch_engine(const llmz::ExactModel& model, const char* device,
                                       unsigned threads, llmz::Engine& engine);
