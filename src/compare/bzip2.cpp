// SPDX-License-Identifier: Apache-2.0
// bzip2, through libbz2.
#include <bzlib.h>

#include "compare/pump.h"

namespace llmz {
namespace {

template <int (*End)(bz_stream*)>
struct Stream {
  bz_stream state = {};
  ~Stream() { End(&state); }

  template <class Code>
  bool step(PumpWindow& window, Code&& code) {
    state.next_in = const_cast<char*>(reinterpret_cast<const char*>(window.in));
    state.avail_in = static_cast<unsigned>(window.in_size);
    state.next_out = reinterpret_cast<char*>(window.out);
    state.avail_out = static_cast<unsigned>(window.out_size);
    const int result = code(&state);
    window.in_size = state.avail_in;
    window.out_size = state.avail_out;
    if (result == BZ_STREAM_END) return true;
    if (result == BZ_MEM_ERROR) throw std::bad_alloc();
    if (result < 0) fail_in_library("libbz2", "error " + std::to_string(result));
    return false;
  }
};

Bytes compress(ByteView content, const CompareProgress& progress) {
  Stream<BZ2_bzCompressEnd> stream;
  if (BZ2_bzCompressInit(&stream.state, 9, 0, 0) != BZ_OK) throw std::bad_alloc();
  return pump(content, PumpDirection::kCompress, progress, [&](PumpWindow& window) {
    // Once asked to finish it must be asked again and again, and gets all its input at once.
    const int action = window.last ? BZ_FINISH : BZ_RUN;
    return stream.step(window, [&](bz_stream* s) { return BZ2_bzCompress(s, action); });
  });
}

Bytes decompress(ByteView compressed, uint64_t, const CompareProgress& progress) {
  Stream<BZ2_bzDecompressEnd> stream;
  if (BZ2_bzDecompressInit(&stream.state, 0, 0) != BZ_OK) throw std::bad_alloc();
  return pump(compressed, PumpDirection::kDecompress, progress,
              [&](PumpWindow& window) { return stream.step(window, BZ2_bzDecompress); });
}

}  // namespace

Compressor bzip2_compressor() { return {"bzip2 -9", compress, decompress}; }

}  // namespace llmz
