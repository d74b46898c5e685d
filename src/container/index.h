// SPDX-License-Identifier: Apache-2.0
// The index frame: the sizes of the frames that one run wrote, behind them, so that a reader with
// a seekable file finds a frame without reading those before it. Optional; streams pass over it.
//
// To use it: read the last kIndexTailBytes of the file; index_size_from_tail() says how long the
// index frame is; decode_index() of these bytes gives the frames, which lie directly before it.
// If their sum leaves bytes before the first, files were concatenated: the same again from there.
#pragma once

#include <optional>
#include <vector>

#include "container/fields.h"
#include "container/format.h"

namespace llmz {

using IndexEntry = FrameSizes;

// The whole index frame of 1 to kMaxIndexFrames entries; Error{kInternal} otherwise.
Bytes encode_index(const std::vector<IndexEntry>& frames);

// The size of the index frame that ends with `tail`, or nullopt if none can. That one begins there
// is certain only when decode_index() accepts it.
std::optional<uint64_t> index_size_from_tail(ByteView tail);

// `frame` is exactly one index frame. Throws Error{kCorrupt}, or kTruncated, if it is none.
std::vector<IndexEntry> decode_index(ByteView frame);

// The rest of an index frame whose first three bytes were read, since start_record(), from
// `offset`. For readers of streams.
std::vector<IndexEntry> read_index(FieldReader& input, uint64_t offset);

}  // namespace llmz
