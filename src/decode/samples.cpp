// SPDX-License-Identifier: Apache-2.0
#include "decode/samples.h"

#include <algorithm>

#include "decode/token_decoders.h"
#include "mix/sample_model.h"

namespace llmz {
namespace {

constexpr uint32_t kTwoBytes = 1, kBigEndian = 2, kSigned = 4, kChannelsShift = 4;
constexpr uint32_t kKnownBits = kTwoBytes | kBigEndian | kSigned | 3 << kChannelsShift;

[[noreturn]] void corrupt(const char* what) {
  throw Error(ErrorKind::kCorrupt, std::string("damaged: a round of samples ") + what);
}

}  // namespace

void SampleHead::write(Bytes& out) const {
  const uint32_t bits = (layout.bytes == 2 ? kTwoBytes : 0) | (layout.big_endian ? kBigEndian : 0) |
                        (layout.is_signed ? kSigned : 0) | (layout.channels - 1) << kChannelsShift;
  for (uint32_t byte : {bits, layout.row & 255, layout.row >> 8, before_bytes})
    out.push_back(static_cast<uint8_t>(byte));
}

SampleHead SampleHead::read(ByteView payload) {
  if (payload.size < kBytes) corrupt("has no room for its layout");
  const uint32_t bits = payload[0];
  SampleHead head;
  head.layout.bytes = bits & kTwoBytes ? 2 : 1;
  head.layout.big_endian = (bits & kBigEndian) != 0;
  head.layout.is_signed = (bits & kSigned) != 0;
  head.layout.channels = (bits >> kChannelsShift & 3) + 1;
  head.layout.row = payload[1] | uint32_t{payload[2]} << 8;
  head.before_bytes = payload[3];
  if ((bits & ~kKnownBits) != 0 || !head.layout.valid()) corrupt("has a layout that cannot be");
  return head;
}

Bytes samples_decode(ByteView payload, uint64_t content_size_bytes,
                     const std::function<void(uint64_t)>& progress) {
  const SampleHead head = SampleHead::read(payload);
  if (head.before_bytes > content_size_bytes) corrupt("has more bytes before it than content");
  const size_t stored = stored_bytes(head, content_size_bytes);
  if (payload.size < SampleHead::kBytes + stored) corrupt("ends before its first sample");
  const ByteView kept = payload.subview(SampleHead::kBytes, stored);
  const size_t begin = SampleHead::kBytes + stored;
  RangeDecoder decoder(payload.subview(begin, payload.size - begin));
  mix::SampleModel model(head.layout);

  Bytes content(kept.begin(), kept.begin() + head.before_bytes);
  const uint64_t samples = (content_size_bytes - head.before_bytes) / head.layout.bytes;
  for (uint64_t done = 0; done < samples; ++done) {
    // Wrong bytes decode to something for ever: stop where the payload has nothing left to say.
    if (decoder.overran()) corrupt("ends too early");
    model.begin();
    while (!model.done()) model.learn(decode_decision(decoder, model.predict()));
    uint8_t bytes[2];
    head.layout.store(model.end(), bytes);
    content.insert(content.end(), bytes, bytes + head.layout.bytes);
    if (done % kSamplesPerReport == 0 && progress) progress(content.size());
  }
  if (!decoder.finished_cleanly()) corrupt("has compressed bytes left over");
  content.insert(content.end(), kept.begin() + head.before_bytes, kept.end());
  return content;
}

}  // namespace llmz
