// SPDX-License-Identifier: Apache-2.0
// How a model is computed in floating point.
#pragma once

#include <cstdint>
#include <string>

namespace llmz {

struct FloatSettings {
  // What matrices are multiplied in: "float32", "bfloat16" (a processor with AVX-512, or CUDA) or
  // "float16" (CUDA only). Sums, norms, attention and the softmax are float32 always.
  std::string precision = "float32";
  std::string device = "cpu";  // or "cuda", "cuda:N"
  unsigned threads = 1;        // of the processor; a setting of the whole process
  // Weights of another type than `precision` are converted once while this holds the copies, and
  // whenever they are used beyond it. The processor only; a GPU gets all of them.
  uint64_t max_copies_bytes = uint64_t{2} << 30;
};

}  // namespace llmz
