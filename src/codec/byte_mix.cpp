// SPDX-License-Identifier: Apache-2.0
#include "codec/byte_mix.h"

#include "codec/mixed_coders.h"

namespace llmz {
namespace {

constexpr uint64_t kBytesPerReport = 4096;

// The two mixes as one sort of thing: a byte is begun, eight bits are predicted and learned, and it
// is ended.
struct LeanBytes {
  LeanBytes(mix::MixingModel& m, uint64_t size_bytes) : mix(m) {
    mix.begin_lanes(0, 1, static_cast<uint32_t>(size_bytes));
  }
  void begin() { mix.begin_byte(0); }
  uint32_t predict() { return mix.predict(mix::kProbabilityOne / 2); }
  void learn(uint32_t bit) { mix.learn(bit); }
  void end(uint8_t byte) { mix.end_byte(byte); }
  mix::MixingModel& mix;
};

struct RichBytes {
  RichBytes(mix::RichModel& m, uint64_t) : mix(m) {}
  void begin() {}
  uint32_t predict() { return mix.predict(); }
  void learn(uint32_t bit) { mix.learn(bit); }
  void end(uint8_t) {}
  mix::RichModel& mix;
};

template <class Mixed>
Bytes encode(Mixed mix, ByteView content, const ByteMixProgress& progress) {
  RangeEncoder encoder;
  uint64_t done = 0;
  for (uint8_t byte : content) {
    mix.begin();
    for (int shift = 7; shift >= 0; --shift) {
      const uint32_t bit = byte >> shift & 1;
      encode_decision(encoder, mix.predict(), bit);
      mix.learn(bit);
    }
    mix.end(byte);
    if (++done % kBytesPerReport == 0 && progress) progress(done);
  }
  return encoder.finish();
}

template <class Mixed>
Bytes decode(Mixed mix, ByteView payload, uint64_t content_size_bytes,
             const ByteMixProgress& progress) {
  RangeDecoder decoder(payload);
  Bytes content;
  while (content.size() < content_size_bytes) {
    // Wrong bytes decode to something for ever: stop where the payload has nothing left to say.
    if (decoder.overran())
      throw Error(ErrorKind::kCorrupt, "damaged: the compressed bytes of a round end too early");
    mix.begin();
    uint32_t byte = 0;
    for (int i = 0; i < 8; ++i) {
      const uint32_t bit = decode_decision(decoder, mix.predict());
      mix.learn(bit);
      byte = byte << 1 | bit;
    }
    mix.end(static_cast<uint8_t>(byte));
    content.push_back(static_cast<uint8_t>(byte));
    if (content.size() % kBytesPerReport == 0 && progress) progress(content.size());
  }
  if (!decoder.finished_cleanly())
    throw Error(ErrorKind::kCorrupt, "damaged: a round has compressed bytes left over");
  return content;
}

}  // namespace

Bytes byte_mix_encode(mix::MixingModel& mix, ByteView content, const ByteMixProgress& progress) {
  return encode(LeanBytes(mix, content.size), content, progress);
}

Bytes byte_mix_encode(mix::RichModel& mix, ByteView content, const ByteMixProgress& progress) {
  return encode(RichBytes(mix, content.size), content, progress);
}

Bytes byte_mix_decode(mix::MixingModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress) {
  return decode(LeanBytes(mix, content_size_bytes), payload, content_size_bytes, progress);
}

Bytes byte_mix_decode(mix::RichModel& mix, ByteView payload, uint64_t content_size_bytes,
                      const ByteMixProgress& progress) {
  return decode(RichBytes(mix, content_size_bytes), payload, content_size_bytes, progress);
}

}  // namespace llmz
