// SPDX-License-Identifier: Apache-2.0
#include "exact/torch_device.h"

#include "base/error.h"

namespace llmz {

at::Device parse_device(const std::string& name) {
  const bool cuda = name == "cuda" || name.rfind("cuda:", 0) == 0;
  if (name != "cpu" && !cuda) {
    throw Error(ErrorKind::kUsage, "the device '" + name + "' is none of cpu, cuda, cuda:N");
  }
  if (cuda && !at::hasCUDA()) {
    throw Error(ErrorKind::kUsage,
                "the device '" + name + "' needs a libtorch with CUDA and a GPU; cpu works here");
  }
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kUsage, "'" + name + "' is not a device; cuda:0 would be the first GPU");
  }
}

}  // namespace llmz
