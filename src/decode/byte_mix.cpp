// SPDX-License-Identifier: Apache-2.0
#include "decode/byte_mix.h"

#include "decode/mixed_bytes.h"
#include "decode/token_decoders.h"

namespace llmz {
namespace {

template <class Mixed>
Bytes decode(Mixed mix, ByteView payload, uint64_t content_size_bytes,
             const ByteMixProgress& progress) {
  RangeDecoder decoder(payload);
  Bytes content;
  while (content.size() < content_size_bytes) {
    // Wrong bytes decode to something for ever: stop where the payload has nothing left to say.
    if (decoder.overran())
      throw Error(ErrorKind::kCorrupt, "damaged: the compressed bytes of a round end too early");
    content.push_back(
        mixed_byte(mix, 0, [&](uint32_t p, uint32_t) { return decode_decision(decoder, p); }));
    if (content.size() % kMixedBytesPerReport == 0 && progress) progress(content.size());
  }
  if (!decoder.finished_cleanly())
    throw Error(ErrorKind::kCorrupt, "damaged: a round has compressed bytes left over");
  return content;
}

template <class Mixed>
void learn(Mixed mix, ByteView content, const ByteMixProgress& progress) {
  uint64_t done = 0;
  for (uint8_t byte : content) {
    mixed_byte(mix, byte, [](uint32_t, uint32_t bit) { return bit; });
    if (++done % kMixedBytesPerReport == 0 && progress) progress(done);
  }
}

}  // namespace

Bytes byte_mix_decode(mix::MixingModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress) {
  return decode(LeanBytes(mix, content_size_bytes), payload, content_size_bytes, progress);
}

Bytes byte_mix_decode(mix::RichModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress) {
  return decode(RichBytes(mix, content_size_bytes), payload, content_size_bytes, progress);
}

void byte_mix_learn(mix::MixingModel& mix, ByteView content, const ByteMixProgress& progress) {
  learn(LeanBytes(mix, content.size), content, progress);
}

void byte_mix_learn(mix::RichModel& mix, ByteView content, const ByteMixProgress& progress) {
  learn(RichBytes(mix, content.size), content, progress);
}

}  // namespace llmz
