// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with LLMZ_KERNELS naming the result.
#include "exact/cpu_kernels.h"

#include "exact/cpu_attention.h"
#include "exact/cpu_head.h"
#include "exact/cpu_stream.h"

namespace llmz::exact {

extern const CpuKernels LLMZ_KERNELS;
const CpuKernels LLMZ_KERNELS = {LLMZ_KERNELS_NAME, requantize,    requantize_add, embed,
                                 mix_stream,        add_row,       norm,           norm_signed,
                                 norm_biased,       norm_unsigned, relu2,          rotate,
                                 store_key_value,   attend,        logits,         frequencies,
                                 begin_head,        learn};

}  // namespace llmz::exact
