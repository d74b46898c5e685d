// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "compare/compressor.h"

namespace llmz {

std::vector<Compressor> general_compressors() {
  return {
      gzip_compressor(),
#ifdef LLMZ_HAVE_BZIP2
      bzip2_compressor(),
#endif
      lzma2_compressor(),
#ifdef LLMZ_HAVE_ZSTD
      zstd_compressor(),
#endif
#ifdef LLMZ_HAVE_BROTLI
      brotli_compressor(),
#endif
  };
}

#ifndef LLMZ_HAVE_PNG
Compressor png_compressor(uint32_t) {
  throw Error(ErrorKind::kUsage, "--images needs libpng, which this llmz was built without");
}
#endif

#ifndef LLMZ_HAVE_FLAC
Compressor flac_compressor(unsigned) {
  throw Error(ErrorKind::kUsage, "--audio needs libFLAC, which this llmz was built without");
}
#endif

}  // namespace llmz
