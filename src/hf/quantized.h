// SPDX-License-Identifier: Apache-2.0
// Blocks of quantized weights as ggml defines them (block_q8_0 and others in ggml-common.h, their
// values in ggml-quants.c of github.com/ggml-org/ggml), to float32, each operation rounded by
// itself.
#pragma once

#include <cstdint>

#include "hf/checkpoint.h"

namespace llmz::hf {

// How a type stores its values: `values` in a block of `bytes` bytes; 1 where each is by itself.
struct BlockSize {
  uint32_t values, bytes;
};
BlockSize block_size(Type type);
constexpr uint32_t kMaxBlockValues = 256;

// The values of one block. Of the types without blocks: one value.
void dequantize(Type type, const uint8_t* block, float* out);

}  // namespace llmz::hf
