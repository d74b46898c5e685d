// SPDX-License-Identifier: Apache-2.0
#include "decode/lzma2.h"

#include <lzma.h>

#include "base/error.h"

namespace llmz {

uint32_t lzma2_dictionary_bytes(uint64_t content_size_bytes, uint64_t reference_size_bytes) {
  uint64_t size = LZMA_DICT_SIZE_MIN;
  while (size < content_size_bytes + reference_size_bytes) size *= 2;
  return static_cast<uint32_t>(size);
}

Bytes lzma2_decompress(ByteView payload, uint64_t content_size_bytes, ByteView reference) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 9);
  options.dict_size = lzma2_dictionary_bytes(content_size_bytes, reference.size);
  options.preset_dict = reference.size > 0 ? reference.data : nullptr;
  options.preset_dict_size = static_cast<uint32_t>(reference.size);
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
