// SPDX-License-Identifier: Apache-2.0
#include "encode/block_encoder.h"

#include "encode/byte_mix_encoder.h"
#include "encode/find_copies.h"
#include "encode/find_samples.h"
#include "encode/lzma2_encoder.h"
#include "encode/model_tokenizer.h"
#include "encode/samples_encoder.h"
#include "encode/token_encoders.h"

namespace llmz {

template <class Coder>
Bytes BlockEncoder::encode_tokens(Coder coder, const std::vector<uint32_t>& tokens,
                                  ByteView content) {
  state_.walk().encode_round(tokens, content.size, coder);
  return coder.finish();
}

Bytes BlockEncoder::encode(RoundMethod method, ByteView content, uint64_t& token_count,
                           const Found& found) {
  state_.begin_round(method);
  Bytes payload;
  std::vector<uint32_t> tokens;
  if (needs_model(method)) {
    tokenizer_of(session_.model()).encode(content, tokens);
    token_count += tokens.size();
  }
  switch (method) {
    case RoundMethod::kStored:
      payload.assign(content.begin(), content.end());
      break;
    case RoundMethod::kLzma2:
      payload = lzma2_compress(content, state_.reference(), [this] { state_.report(0); });
      break;
    case RoundMethod::kByteMix:
      payload = byte_mix_encode(state_.byte_mix(), content,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kRichMix:
    case RoundMethod::kSecondRichMix:
      payload = byte_mix_encode(state_.rich_mix(method), content,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kCopies:
      payload = encode_copies(
          content, found.copies ? *found.copies : find_copies(content, state_.reference()));
      break;
    case RoundMethod::kSamples:
      payload = encode_samples(content, found.samples
                                            ? found.samples
                                            : find_samples(content, [this] { state_.report(0); }));
      break;
    case RoundMethod::kTokenMix:
      payload = encode_tokens(MixedEncodingCoder(state_.token_mix()), tokens, content);
      break;
    case RoundMethod::kRichTokenMix:
    case RoundMethod::kSecondRichTokenMix:
      payload = encode_tokens(MixedEncodingCoder(state_.rich_token_mix()), tokens, content);
      break;
    case RoundMethod::kReserved:
      break;
    case RoundMethod::kTokens:
      payload = encode_tokens(EncodingCoder(), tokens, content);
      break;
  }
  state_.done_bytes += content.size;
  state_.report(0);
  return payload;
}

Bytes BlockEncoder::encode_samples(ByteView content, const std::optional<SampleHead>& head) {
  return samples_encode(content, head.value_or(SampleHead{}),
                        [this](uint64_t done) { state_.report(done); });
}

Bytes BlockEncoder::encode_copies(ByteView content, const std::vector<Copy>& copies) {
  Bytes literals;
  size_t at = 0;
  const auto take = [&](size_t size) {
    literals.insert(literals.end(), content.data + at, content.data + at + size);
    at += size;
  };
  for (const Copy& copy : copies) {
    take(copy.literal_bytes);
    at += copy.size_bytes;
  }
  take(content.size - at);
  Bytes payload = write_copies(copies);
  if (literals.empty()) return payload;
  const Bytes coded = byte_mix_encode(state_.byte_mix(), literals);
  payload.insert(payload.end(), coded.begin(), coded.end());
  return payload;
}

}  // namespace llmz
