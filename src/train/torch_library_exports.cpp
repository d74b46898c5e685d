// SPDX-License-Identifier: Apache-2.0
// What codec/torch_library.h finds in libllmz_torch.so.
#include <ATen/Parallel.h>

#include "codec/torch_library.h"
#include "train/train_main.h"

extern "C" {

// Returns by value between two parts of the same build; the loader checks nothing else.
__attribute__((visibility("default"))) void llmz_make_torch_engine(const llmz::ExactModel& model, const char* device, unsigned threads,
                                                                   llmz::Engine& engine) {
  at::set_num_threads(static_cast<int>(threads));
  engine = llmz::make_torch_engine(model, device);
}

__attribute__((visibility("default"))) int llmz_train_main(int argc, const char* const* argv) {
  return llmz::train::train_main(argc, argv);
}
}
