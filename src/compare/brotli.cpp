// SPDX-License-Identifier: Apache-2.0
// brotli, through libbrotlienc and libbrotlidec.
#include <brotli/decode.h>
#include <brotli/encode.h>

#include <memory>

#include "compare/pump.h"

namespace llmz {
namespace {

struct Free {
  void operator()(BrotliEncoderState* state) const { BrotliEncoderDestroyInstance(state); }
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

Bytes compress(ByteView content, const CompareProgress& progress) {
  const std::unique_ptr<BrotliEncoderState, Free> state(
      BrotliEncoderCreateInstance(nullptr, nullptr, nullptr));
  if (!state) throw std::bad_alloc();
  BrotliEncoderSetParameter(state.get(), BROTLI_PARAM_QUALITY, 11);
  BrotliEncoderSetParameter(state.get(), BROTLI_PARAM_LGWIN, 24);
  BrotliEncoderSetParameter(state.get(), BROTLI_PARAM_SIZE_HINT,
                            static_cast<uint32_t>(std::min<uint64_t>(content.size, UINT32_MAX)));
  return pump(content, PumpDirection::kCompress, progress, [&](PumpWindow& window) {
    const BrotliEncoderOperation operation =
        window.last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
    if (!BrotliEncoderCompressStream(state.get(), operation, &window.in_size, &window.in,
                                     &window.out_size, &window.out, nullptr))
      throw std::bad_alloc();  // the only way to fail that its header knows
    return BrotliEncoderIsFinished(state.get()) == BROTLI_TRUE;
  });
}

Bytes decompress(ByteView compressed, uint64_t, const CompareProgress& progress) {
  const std::unique_ptr<BrotliDecoderState, Free> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (!state) throw std::bad_alloc();
  return pump(compressed, PumpDirection::kDecompress, progress, [&](PumpWindow& window) {
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(
        state.get(), &window.in_size, &window.in, &window.out_size, &window.out, nullptr);
    if (result == BROTLI_DECODER_RESULT_ERROR)
      fail_in_library("libbrotlidec",
                      BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state.get())));
    return result == BROTLI_DECODER_RESULT_SUCCESS;
  });
}

}  // namespace

Compressor brotli_compressor() { return {"brotli -q 11", compress, decompress}; }

}  // namespace llmz
