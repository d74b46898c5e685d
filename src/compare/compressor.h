// SPDX-License-Identifier: Apache-2.0
// The compressors of general_compressors().
#pragma once

#include "llmz_lab/compressor.h"

namespace llmz {

Compressor gzip_compressor();
Compressor lzma2_compressor();
Compressor bzip2_compressor();  // each of these only where CMake found its library:
Compressor zstd_compressor();   // LLMZ_HAVE_BZIP2, LLMZ_HAVE_ZSTD, LLMZ_HAVE_BROTLI
Compressor brotli_compressor();

}  // namespace llmz
