// SPDX-License-Identifier: Apache-2.0
// The inverse of decode/lzma2.h.
#pragma once

#include <functional>

#include "decode/lzma2.h"

namespace llmz {

// A raw LZMA2 stream, preset 9 extreme, whose dictionary holds all of `content` (at most
// kMaxRoundBytes) and, before it, `reference`. Memory: about 12 times both, at least 10 MB. Speed:
// 1-5 MB/s. `tick` is called several times a second, and may throw to stop.
Bytes lzma2_compress(ByteView content, ByteView reference = {},
                     const std::function<void()>& tick = {});

// About the size that lzma2_compress() gives or more, from its fastest settings: for deciding
// whether it is worth a try. 10-30 MB/s.
uint64_t lzma2_fast_size_bytes(ByteView content, ByteView reference = {},
                               const std::function<void()>& tick = {});

}  // namespace llmz
