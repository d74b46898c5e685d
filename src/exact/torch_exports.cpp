// SPDX-License-Identifier: Apache-2.0
#include "exact/torch_exports.h"

#include <ATen/Parallel.h>

#include "base/torch_library.h"

LLMZ_TORCH_EXPORT void llmz_make_torch_engine(const llmz::ExactModel& model, const char* device,
                                              unsigned threads, llmz::Engine& engine) {
  at::set_num_threads(static_cast<int>(threads));
  engine = llmz::make_torch_engine(model, device);
}
