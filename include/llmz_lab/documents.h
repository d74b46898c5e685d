// SPDX-License-Identifier: Apache-2.0
// How a file is cut into documents: texts that share no history.
#pragma once

#include <functional>

#include "llmz/stream.h"

namespace llmz {

enum class DocumentsBy {
  kFile,       // one
  kChunk,      // chunk_bytes each, the last one smaller
  kLine,       // separated by LF
  kBlankLine,  // separated by empty lines
  kNul         // separated by NUL
};

// Documents longer than this are cut, but for chunks: memory must not grow with the input.
constexpr uint64_t kMostDocumentBytes = uint64_t{1} << 24;

// Calls work(document) for each document of `in`. Separators belong to none; empty documents are
// left out.
void for_each_document(ByteSource& in, DocumentsBy by, uint64_t chunk_bytes,
                       const std::function<void(ByteView)>& work);

}  // namespace llmz
