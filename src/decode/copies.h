// SPDX-License-Identifier: Apache-2.0
// A round of copies (docs/format.md, section 5.4): parts of the reference, and literals between
// them. For new versions of a document, which LZMA2 copies 273 bytes at a time. The idea is that of
// VCDIFF (RFC 3284).
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.h"

namespace llmz {

struct Copy {
  uint64_t literal_bytes = 0;  // that come before it
  uint64_t source = 0;         // in the reference
  uint64_t size_bytes = 0;
};

// The beginning of the payload.
Bytes write_copies(const std::vector<Copy>& copies);

// The content. `literals` decodes so many bytes (1 and more) from what follows the list of copies.
// Throws Error{kCorrupt}. Memory: the content, and at most 8 times the payload.
Bytes copies_decode(ByteView payload, uint64_t content_size_bytes, ByteView reference,
                    const std::function<Bytes(ByteView payload, uint64_t size_bytes)>& literals);

}  // namespace llmz
