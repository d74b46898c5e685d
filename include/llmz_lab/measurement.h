// SPDX-License-Identifier: Apache-2.0
// llmz beside other compressors: compresses, decompresses, compares, and says what it took. Nothing
// is measured that does not come back.
#pragma once

#include <cstdint>
#include <optional>

#include "llmz/compress.h"
#include "llmz/error.h"
#include "llmz_lab/compressor.h"

namespace llmz {

struct Measurement {
  uint64_t content_bytes = 0;
  uint64_t compressed_bytes = 0;
  double compress_seconds = 0, decompress_seconds = 0;
  // The most memory that either direction took beyond what was there before, its output included
  // and its input not; nullopt where the system does not tell. Linux: the resident set.
  std::optional<uint64_t> peak_memory_bytes;
};

// chunk_bytes: 0 for the whole content, else it is cut into chunks of that many bytes, each of them
// compressed alone. compressed_bytes is then, as in Deletang et al. 2023, the sum of what the
// chunks take beyond a header, and one header; the header's size is that of one compressed zero
// byte. Throws Error{kCorrupt} when what is decoded is not `content`. Memory: content, the
// compressed bytes, and the content again.
Measurement measure(const Compressor& compressor, ByteView content, uint64_t chunk_bytes,
                    const CompareProgress& progress);

// The same of llmz. In chunks it makes independent blocks, whose payloads are what they take beyond
// a header.
Measurement measure_llmz(const Models& models, const CompressSettings& settings, ByteView content,
                         uint64_t chunk_bytes, const CompareProgress& progress);

}  // namespace llmz
