// SPDX-License-Identifier: Apache-2.0
#include "decode/block_decoder.h"

#include "decode/byte_mix.h"
#include "decode/copies.h"
#include "decode/lzma2.h"
#include "decode/samples.h"
#include "decode/token_decoders.h"

namespace llmz {

template <class Coder>
Bytes BlockDecoder::decode_tokens(Coder coder, const Round& round) {
  Bytes content;
  state_.walk().decode_round(round.content_size_bytes, coder, content);
  coder.finish();
  return content;
}

Bytes BlockDecoder::decode(const Round& round) {
  state_.begin_round(round.method);
  Bytes content;
  switch (round.method) {
    case RoundMethod::kStored:
      content = round.payload;
      break;
    case RoundMethod::kLzma2:
      content = lzma2_decompress(round.payload, round.content_size_bytes, state_.reference());
      break;
    case RoundMethod::kByteMix:
      content = byte_mix_decode(state_.byte_mix(), round.payload, round.content_size_bytes,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kRichMix:
    case RoundMethod::kSecondRichMix:
      content =
          byte_mix_decode(state_.rich_mix(round.method), round.payload, round.content_size_bytes,
                          [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kCopies:
      content = copies_decode(round.payload, round.content_size_bytes, state_.reference(),
                              [this](ByteView payload, uint64_t size_bytes) {
                                return byte_mix_decode(state_.byte_mix(), payload, size_bytes);
                              });
      break;
    case RoundMethod::kSamples:
      content = samples_decode(round.payload, round.content_size_bytes,
                               [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kTokenMix:
      content = decode_tokens(MixedDecodingCoder(state_.token_mix(), round.payload), round);
      break;
    case RoundMethod::kRichTokenMix:
    case RoundMethod::kSecondRichTokenMix:
      content = decode_tokens(MixedDecodingCoder(state_.rich_token_mix(), round.payload), round);
      break;
    case RoundMethod::kReserved:  // no reader of frames gives it
      break;
    case RoundMethod::kTokens:
      content = decode_tokens(DecodingCoder(round.payload), round);
      break;
  }
  state_.done_bytes += content.size();
  state_.report(0);
  return content;
}

}  // namespace llmz
