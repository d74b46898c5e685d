// SPDX-License-Identifier: Apache-2.0
#include "codec/byte_mix.h"

#include "codec/mixed_coders.h"

namespace llmz {
namespace {

constexpr uint32_t kNoNetwork = mix::kProbabilityOne / 2;

}  // namespace

Bytes byte_mix_encode(mix::MixingModel& mix, ByteView content) {
  RangeEncoder encoder;
  mix.begin_lanes(0, 1, static_cast<uint32_t>(content.size));
  for (uint8_t byte : content) {
    mix.begin_byte(0);
    for (int shift = 7; shift >= 0; --shift) {
      const uint32_t bit = byte >> shift & 1;
      encode_decision(encoder, mix.predict(kNoNetwork), bit);
      mix.learn(bit);
    }
    mix.end_byte(byte);
  }
  return encoder.finish();
}

Bytes byte_mix_decode(mix::MixingModel& mix, ByteView payload, uint64_t content_size_bytes) {
  RangeDecoder decoder(payload);
  mix.begin_lanes(0, 1, static_cast<uint32_t>(content_size_bytes));
  Bytes content;
  while (content.size() < content_size_bytes) {
    // Wrong bytes decode to something for ever: stop where the payload has nothing left to say.
    if (decoder.overran())
      throw Error(ErrorKind::kCorrupt, "damaged: the compressed bytes of a round end too early");
    mix.begin_byte(0);
    uint32_t byte = 0;
    for (int i = 0; i < 8; ++i) {
      const uint32_t bit = decode_decision(decoder, mix.predict(kNoNetwork));
      mix.learn(bit);
      byte = byte << 1 | bit;
    }
    mix.end_byte(static_cast<uint8_t>(byte));
    content.push_back(static_cast<uint8_t>(byte));
  }
  if (!decoder.finished_cleanly())
    throw Error(ErrorKind::kCorrupt, "damaged: a round has compressed bytes left over");
  return content;
}

}  // namespace llmz
