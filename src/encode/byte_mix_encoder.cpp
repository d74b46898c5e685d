// SPDX-License-Identifier: Apache-2.0
#include "encode/byte_mix_encoder.h"

#include "decode/mixed_bytes.h"
#include "encode/token_encoders.h"

namespace llmz {
namespace {

template <class Mixed>
Bytes encode(Mixed mix, ByteView content, const ByteMixProgress& progress) {
  RangeEncoder encoder;
  uint64_t done = 0;
  for (uint8_t byte : content) {
    mixed_byte(mix, byte, [&](uint32_t p, uint32_t bit) {
      encode_decision(encoder, p, bit);
      return bit;
    });
    if (++done % kMixedBytesPerReport == 0 && progress) progress(done);
  }
  return encoder.finish();
}

}  // namespace

Bytes byte_mix_encode(mix::MixingModel& mix, ByteView content, const ByteMixProgress& progress) {
  return encode(LeanBytes(mix, content.size), content, progress);
}

Bytes byte_mix_encode(mix::RichModel& mix, ByteView content, const ByteMixProgress& progress) {
  return encode(RichBytes(mix, content.size), content, progress);
}

}  // namespace llmz
