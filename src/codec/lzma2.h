// SPDX-License-Identifier: Apache-2.0
// LZMA2, through liblzma: what a round falls back to where repeats matter and statistics do not.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace llmz {

// A raw LZMA2 stream, preset 9 extreme, whose dictionary holds all of `content` (at most
// kMaxRoundBytes). Memory: about 12 times the content, at least 10 MB. Speed: 1-5 MB/s.
Bytes lzma2_compress(ByteView content);

// About the size that lzma2_compress() gives or more, from its fastest settings: for deciding
// whether it is worth a try. 10-30 MB/s.
uint64_t lzma2_fast_size_bytes(ByteView content);

// The content_size_bytes that the stream holds. Throws Error{kCorrupt} when it holds another
// number or is damaged. Memory: the content twice.
Bytes lzma2_decompress(ByteView payload, uint64_t content_size_bytes);

}  // namespace llmz
