// SPDX-License-Identifier: Apache-2.0
#include "llmz_lab/documents.h"

#include <algorithm>

namespace llmz {
namespace {

constexpr uint64_t kReadBytes = 1 << 20;

std::string_view separator_of(DocumentsBy by) {
  switch (by) {
    case DocumentsBy::kLine:
      return "\n";
    case DocumentsBy::kBlankLine:
      return "\n\n";
    case DocumentsBy::kNul:
      return std::string_view("\0", 1);
    default:
      return {};
  }
}

// Reads until `bytes` has `wanted` bytes; says whether there is more.
bool fill(ByteSource& in, Bytes& bytes, uint64_t wanted) {
  while (bytes.size() < wanted) {
    const size_t before = bytes.size();
    bytes.resize(before + std::min<uint64_t>(kReadBytes, wanted - before));
    const size_t got = in.read(bytes.data() + before, bytes.size() - before);
    bytes.resize(before + got);
    if (got == 0) return false;
  }
  return true;
}

}  // namespace

void for_each_document(ByteSource& in, DocumentsBy by, uint64_t chunk_bytes,
                       const std::function<void(ByteView)>& work) {
  const std::string_view separator = separator_of(by);
  const uint64_t most = by == DocumentsBy::kChunk ? chunk_bytes : kMostDocumentBytes;
  const uint64_t ahead = std::max(most, kMostDocumentBytes) + separator.size();
  Bytes bytes;
  for (bool more = true; more || !bytes.empty();) {
    more = fill(in, bytes, ahead);
    size_t begin = 0;
    for (;;) {
      const std::string_view rest = ByteView(bytes).text().substr(begin);
      size_t length = rest.size(), skipped = 0;
      const size_t at = separator.empty() ? rest.npos : rest.find(separator);
      if (at != rest.npos) {
        length = at;
        skipped = separator.size();
      }
      if (length > most) {
        length = most;
        skipped = 0;
      }
      // A document that the bytes read so far do not end waits for more, unless it is full.
      if (rest.empty() || (more && at == rest.npos && length < most)) break;
      if (length > 0) work(ByteView(bytes.data() + begin, length));
      begin += length + skipped;
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(begin));
  }
}

}  // namespace llmz
