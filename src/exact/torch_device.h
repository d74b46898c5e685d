// SPDX-License-Identifier: Apache-2.0
// Where tensors live, from what a user wrote.
#pragma once

#include <ATen/ATen.h>

#include <string>

namespace llmz {

// "cpu", "cuda", "cuda:1". Throws Error{kUsage} that says what is missing.
at::Device parse_device(const std::string& name);

}  // namespace llmz
