// SPDX-License-Identifier: Apache-2.0
// LZMA2, through liblzma: what a round falls back to where repeats matter and statistics do not.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace llmz {

// The dictionary of a raw stream, in bytes: it holds the content and what stands before it. Not
// stored: both directions take it from the sizes.
uint32_t lzma2_dictionary_bytes(uint64_t content_size_bytes, uint64_t reference_size_bytes);

// The content_size_bytes that the stream holds. Throws Error{kCorrupt} when it holds another
// number or is damaged. Memory: the content twice.
Bytes lzma2_decompress(ByteView payload, uint64_t content_size_bytes, ByteView reference = {});

}  // namespace llmz
