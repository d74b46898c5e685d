// SPDX-License-Identifier: Apache-2.0
// How a file is cut into texts that share no history.
#pragma once

#include <functional>

#include "base/stream.h"

namespace llmz {

enum class Pieces {
  kWhole,       // one text
  kChunks,      // chunk_bytes each, the last one smaller
  kLines,       // separated by LF
  kBlankLines,  // separated by empty lines
  kNul          // separated by NUL
};

// Whole texts and documents longer than this are cut: memory must not grow with the input.
constexpr uint64_t kMostPieceBytes = uint64_t{1} << 24;

// Calls work(piece) for each piece of `in`. Separators belong to no piece; empty pieces are left
// out.
void for_each_piece(ByteSource& in, Pieces pieces, uint64_t chunk_bytes,
                    const std::function<void(ByteView)>& work);

}  // namespace llmz
