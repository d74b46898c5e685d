// SPDX-License-Identifier: Apache-2.0
// The compressors that llmz is compared with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "llmz/bytes.h"
#include "llmz/error.h"

namespace llmz {

// Called with the number of content bytes done so far, several times a second except by libraries
// that work in one step; it may throw to stop.
using CompareProgress = std::function<void(uint64_t content_bytes_done)>;

// Bytes in memory to bytes in memory, through the library that the usual program uses, with the
// settings of its best ratio.
struct Compressor {
  std::string name;  // the command that makes the same: "gzip -9"
  // A complete file, header and checksum included, as the usual program writes it.
  std::function<Bytes(ByteView content, const CompareProgress& progress)> compress;
  // The content of such a file. content_bytes is its size, for formats that pad. Throws
  // Error{kCorrupt} or {kTruncated} for bytes that compress() did not make.
  std::function<Bytes(ByteView compressed, uint64_t content_bytes, const CompareProgress& progress)>
      decompress;
};

// gzip and LZMA2, and those of bzip2, zstd and brotli that this build has libraries for.
std::vector<Compressor> general_compressors();

Compressor gzip_compressor();
Compressor lzma2_compressor();

// PNG, for bytes taken as gray pixels in rows of `width`; a last row is filled with zeros. Throws
// Error{kUsage} where this build has no libpng.
Compressor png_compressor(uint32_t width);

// FLAC, for bytes taken as samples of one channel, of 8 bits or of 16 (the low byte first). Throws
// Error{kUsage} where this build has no libFLAC.
Compressor flac_compressor(unsigned bits);

}  // namespace llmz
