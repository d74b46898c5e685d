// SPDX-License-Identifier: Apache-2.0
// gzip, through zlib.
#include <zlib.h>

#include "compare/pump.h"

namespace llmz {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // 32 KB, in gzip's format instead of zlib's
constexpr int kDefaultMemoryLevel = 8;

template <int (*End)(z_streamp)>
struct Stream {
  z_stream state = {};
  ~Stream() { End(&state); }

  template <class Code>
  bool step(PumpWindow& window, Code&& code) {
    state.next_in = const_cast<Bytef*>(window.in);
    state.avail_in = static_cast<uInt>(window.in_size);
    state.next_out = window.out;
    state.avail_out = static_cast<uInt>(window.out_size);
    const int result = code(&state, window.last ? Z_FINISH : Z_NO_FLUSH);
    window.in_size = state.avail_in;
    window.out_size = state.avail_out;
    if (result == Z_STREAM_END) return true;
    if (result == Z_OK || result == Z_BUF_ERROR) return false;
    fail_in_library("zlib", state.msg ? state.msg : zError(result));
  }
};

Bytes compress(ByteView content, const CompareProgress& progress) {
  Stream<deflateEnd> stream;
  if (deflateInit2(&stream.state, 9, Z_DEFLATED, kGzipWindowBits, kDefaultMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  return pump(content, PumpDirection::kCompress, progress,
              [&](PumpWindow& window) { return stream.step(window, deflate); });
}

Bytes decompress(ByteView compressed, uint64_t, const CompareProgress& progress) {
  Stream<inflateEnd> stream;
  if (inflateInit2(&stream.state, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
  return pump(compressed, PumpDirection::kDecompress, progress, [&](PumpWindow& window) {
    return stream.step(window, [](z_streamp s, int) { return inflate(s, Z_NO_FLUSH); });
  });
}

}  // namespace

Compressor gzip_compressor() { return {"gzip -9 (zlib)", compress, decompress}; }

}  // namespace llmz
