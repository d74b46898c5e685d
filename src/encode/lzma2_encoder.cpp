// SPDX-License-Identifier: Apache-2.0
#include "encode/lzma2_encoder.h"

#include <lzma.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace llmz {
namespace {

// Ends with its stream.
struct Stream {
  lzma_stream state = LZMA_STREAM_INIT;
  ~Stream() { lzma_end(&state); }
};

Bytes encode(ByteView content, ByteView reference, uint32_t preset,
             const std::function<void()>& tick) {
  constexpr size_t kStep = 128 << 10;
  lzma_options_lzma options;
  if (lzma_lzma_preset(&options, preset))
    throw Error(ErrorKind::kInternal, "liblzma does not know its preset");
  options.dict_size = lzma2_dictionary_bytes(content.size, reference.size);
  options.preset_dict = reference.size > 0 ? reference.data : nullptr;
  options.preset_dict_size = static_cast<uint32_t>(reference.size);
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  // Incompressible chunks are stored with three bytes for each 64 KB.
  Bytes out(content.size + content.size / 4096 + 64);
  Stream stream;
  lzma_ret result = lzma_raw_encoder(&stream.state, filters);
  stream.state.next_in = content.data;
  stream.state.next_out = out.data();
  stream.state.avail_out = out.size();
  while (result == LZMA_OK) {
    const size_t left = content.size - static_cast<size_t>(stream.state.total_in);
    stream.state.avail_in = std::min(left, kStep);
    result = lzma_code(&stream.state, left > kStep ? LZMA_RUN : LZMA_FINISH);
    if (tick) tick();
  }
  if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
  if (result != LZMA_STREAM_END)
    throw Error(ErrorKind::kInternal, "liblzma: error " + std::to_string(result));
  out.resize(static_cast<size_t>(stream.state.total_out));
  return out;
}

// Sparse files are runs of zeros: all presets make the same of them, the first in a sixth of the
// time.
bool is_run(ByteView content) {
  return content.size > 1 && std::memcmp(content.data, content.data + 1, content.size - 1) == 0;
}

}  // namespace

Bytes lzma2_compress(ByteView content, ByteView reference, const std::function<void()>& tick) {
  return encode(content, reference, is_run(content) ? 0 : 9 | LZMA_PRESET_EXTREME, tick);
}

uint64_t lzma2_fast_size_bytes(ByteView content, ByteView reference,
                               const std::function<void()>& tick) {
  return encode(content, reference, 0, tick).size();
}

}  // namespace llmz
