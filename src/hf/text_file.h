// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace llmz::hf {

// A tokenizer's file, whole. Throws Error{kIo} when it cannot be read, {kModelBad} when it is
// larger than any tokenizer's (256 MiB).
std::string read_tokenizer_file(const std::string& path);

}  // namespace llmz::hf
