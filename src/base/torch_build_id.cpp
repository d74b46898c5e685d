// SPDX-License-Identifier: Apache-2.0
// What base/torch_library.cpp asks libllmz_torch.so first.
#include "base/build_id.h"

extern "C" __attribute__((visibility("default"))) const char* llmz_torch_build_id() {
  return llmz::build_id();
}
