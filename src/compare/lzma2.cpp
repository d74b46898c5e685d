// SPDX-License-Identifier: Apache-2.0
// LZMA2 in xz files, through liblzma.
#include <lzma.h>

#include "compare/pump.h"

namespace llmz {
namespace {

struct Stream {
  lzma_stream state = LZMA_STREAM_INIT;
  ~Stream() { lzma_end(&state); }

  bool step(PumpWindow& window) {
    state.next_in = window.in;
    state.avail_in = window.in_size;
    state.next_out = window.out;
    state.avail_out = window.out_size;
    const lzma_ret result = lzma_code(&state, window.last ? LZMA_FINISH : LZMA_RUN);
    window.in_size = state.avail_in;
    window.out_size = state.avail_out;
    if (result == LZMA_STREAM_END) return true;
    if (result == LZMA_OK || result == LZMA_BUF_ERROR) return false;
    check(result);
    return false;
  }

  static void check(lzma_ret result) {
    if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (result != LZMA_OK)
      fail_in_library("liblzma", "error " + std::to_string(static_cast<int>(result)));
  }
};

Bytes compress(ByteView content, const CompareProgress& progress) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 9 | LZMA_PRESET_EXTREME);
  // A dictionary beyond the content costs memory and time, and changes no size.
  while (options.dict_size / 2 >= std::max<uint64_t>(content.size, LZMA_DICT_SIZE_MIN))
    options.dict_size /= 2;
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  Stream stream;
  Stream::check(lzma_stream_encoder(&stream.state, filters, LZMA_CHECK_CRC64));
  return pump(content, PumpDirection::kCompress, progress,
              [&](PumpWindow& window) { return stream.step(window); });
}

Bytes decompress(ByteView compressed, uint64_t, const CompareProgress& progress) {
  Stream stream;
  Stream::check(lzma_stream_decoder(&stream.state, UINT64_MAX, 0));
  return pump(compressed, PumpDirection::kDecompress, progress,
              [&](PumpWindow& window) { return stream.step(window); });
}

}  // namespace

Compressor lzma2_compressor() { return {"xz -9e (LZMA2)", compress, decompress}; }

}  // namespace llmz
