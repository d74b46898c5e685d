// SPDX-License-Identifier: Apache-2.0
#include "measure/pieces.h"

#include <algorithm>

namespace llmz {
namespace {

constexpr uint64_t kReadBytes = 1 << 20;

std::string_view separator_of(Pieces pieces) {
  switch (pieces) {
    case Pieces::kLines:
      return "\n";
    case Pieces::kBlankLines:
      return "\n\n";
    case Pieces::kNul:
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

void for_each_piece(ByteSource& in, Pieces pieces, uint64_t chunk_bytes,
                    const std::function<void(ByteView)>& work) {
  const std::string_view separator = separator_of(pieces);
  const uint64_t most = pieces == Pieces::kChunks ? chunk_bytes : kMostPieceBytes;
  const uint64_t ahead = std::max(most, kMostPieceBytes) + separator.size();
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
      // A piece that the bytes read so far do not end, waits for more, unless it is full.
      if (rest.empty() || (more && at == rest.npos && length < most)) break;
      if (length > 0) work(ByteView(bytes.data() + begin, length));
      begin += length + skipped;
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(begin));
  }
}

}  // namespace llmz
