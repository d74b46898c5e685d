// SPDX-License-Identifier: Apache-2.0
// The other compressors of general_compressors().
#pragma once

#include "llmz_lab/compressor.h"

namespace llmz {

// Each of these only where CMake found its library: LLMZ_HAVE_BZIP2, LLMZ_HAVE_ZSTD,
// LLMZ_HAVE_BROTLI.
Compressor bzip2_compressor();
Compressor zstd_compressor();
Compressor brotli_compressor();

}  // namespace llmz
