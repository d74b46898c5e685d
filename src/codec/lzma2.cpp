// SPDX-License-Identifier: Apache-2.0
#include "codec/lzma2.h"

#include <lzma.h>

#include <algorithm>

#include "base/error.h"

namespace llmz {
namespace {

// Not stored: both directions take it from the content's size.
uint32_t dictionary_bytes(uint64_t content_size_bytes) {
  uint64_t size = LZMA_DICT_SIZE_MIN;
  while (size < content_size_bytes) size *= 2;
  return static_cast<uint32_t>(size);
}

Bytes encode(ByteView content, uint32_t preset) {
  lzma_options_lzma options;
  if (lzma_lzma_preset(&options, preset))
    throw Error(ErrorKind::kInternal, "liblzma does not know its preset");
  options.dict_size = dictionary_bytes(content.size);
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  // Incompressible chunks are stored with three bytes for each 64 KB.
  Bytes out(content.size + content.size / 4096 + 64);
  size_t size = 0;
  const lzma_ret result = lzma_raw_buffer_encode(filters, nullptr, content.data, content.size,
                                                 out.data(), &size, out.size());
  if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
  if (result != LZMA_OK)
    throw Error(ErrorKind::kInternal, "liblzma: error " + std::to_string(result));
  out.resize(size);
  return out;
}

}  // namespace

Bytes lzma2_compress(ByteView content) { return encode(content, 9 | LZMA_PRESET_EXTREME); }

uint64_t lzma2_fast_size_bytes(ByteView content) { return encode(content, 1).size(); }

Bytes lzma2_decompress(ByteView payload, uint64_t content_size_bytes) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 9);
  options.dict_size = dictionary_bytes(content_size_bytes);
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  Bytes out(content_size_bytes);
  size_t read = 0, written = 0;
  const lzma_ret result = lzma_raw_buffer_decode(filters, nullptr, payload.data, &read,
                                                 payload.size, out.data(), &written, out.size());
  if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
  if (result != LZMA_OK || written != out.size() || read != payload.size)
    throw Error(ErrorKind::kCorrupt, "damaged: an LZMA2 round does not hold what it says");
  return out;
}

}  // namespace llmz
