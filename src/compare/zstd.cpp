// SPDX-License-Identifier: Apache-2.0
// zstd, through libzstd.
#include <zstd.h>

#include <memory>

#include "compare/pump.h"

namespace llmz {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

size_t check(size_t result) {
  if (ZSTD_isError(result)) fail_in_library("libzstd", ZSTD_getErrorName(result));
  return result;
}

// code(ZSTD_outBuffer*, ZSTD_inBuffer*) returns 0 at the end.
template <class Code>
bool step(PumpWindow& window, Code&& code) {
  ZSTD_inBuffer in = {window.in, window.in_size, 0};
  ZSTD_outBuffer out = {window.out, window.out_size, 0};
  const size_t left = check(code(&out, &in));
  window.in_size -= in.pos;
  window.out_size -= out.pos;
  return left == 0;
}

Bytes compress(ByteView content, const CompareProgress& progress) {
  const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 22));
  check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));  // as the program does
  check(ZSTD_CCtx_setPledgedSrcSize(context.get(), content.size));
  return pump(content, PumpDirection::kCompress, progress, [&](PumpWindow& window) {
    const ZSTD_EndDirective end = window.last ? ZSTD_e_end : ZSTD_e_continue;
    const bool done = step(window, [&](ZSTD_outBuffer* out, ZSTD_inBuffer* in) {
      return ZSTD_compressStream2(context.get(), out, in, end);
    });
    return done && end == ZSTD_e_end;
  });
}

Bytes decompress(ByteView compressed, uint64_t, const CompareProgress& progress) {
  const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  return pump(compressed, PumpDirection::kDecompress, progress, [&](PumpWindow& window) {
    return step(window, [&](ZSTD_outBuffer* out, ZSTD_inBuffer* in) {
      return ZSTD_decompressStream(context.get(), out, in);
    });
  });
}

}  // namespace

Compressor zstd_compressor() { return {"zstd --ultra -22", compress, decompress}; }

}  // namespace llmz
