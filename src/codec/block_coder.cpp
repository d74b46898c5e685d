// SPDX-License-Identifier: Apache-2.0
#include "codec/block_coder.h"

#include "codec/blocks.h"
#include "codec/byte_mix.h"
#include "codec/coders.h"
#include "codec/lzma2.h"

namespace llmz {

BlockWalk& BlockState::walk() {
  if (!walk_) {
    const LoadedModel& model = session_.model();
    walk_.emplace(session_.engine(), model.tokenizer.vocabulary(), model.exact.config,
                  head_rate(coder_), coder_.lanes, spare_);
  }
  const uint64_t before = done_bytes - walk_->block_bytes();
  walk_->progress = [this, before](uint64_t done) {
    if (progress) progress(before + done);
  };
  return *walk_;
}

BlockMix& BlockState::token_mix() {
  if (!token_mix_) {
    token_mix_ =
        std::make_unique<BlockMix>(session_.model().tokenizer.vocabulary(), coder_.memory_bits);
  }
  return *token_mix_;
}

mix::MixingModel& BlockState::byte_mix() {
  if (!byte_mix_) byte_mix_ = std::make_unique<mix::MixingModel>(coder_.memory_bits, false);
  return *byte_mix_;
}

mix::RichModel& BlockState::rich_mix() {
  if (!rich_mix_) rich_mix_ = std::make_unique<mix::RichModel>(coder_.memory_bits);
  return *rich_mix_;
}

Bytes BlockEncoder::encode(RoundMethod method, ByteView content, uint64_t& token_count) {
  Bytes payload;
  std::vector<uint32_t> tokens;
  if (needs_model(method)) {
    session_.model().tokenizer.encode(content, tokens);
    token_count += tokens.size();
  }
  switch (method) {
    case RoundMethod::kStored:
      payload.assign(content.begin(), content.end());
      break;
    case RoundMethod::kLzma2:
      payload = lzma2_compress(content, [this] { state_.report(0); });
      break;
    case RoundMethod::kByteMix:
      payload = byte_mix_encode(state_.byte_mix(), content,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kRichMix:
      payload = byte_mix_encode(state_.rich_mix(), content,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kTokenMix: {
      MixedEncodingCoder coder(state_.token_mix());
      state_.walk().known_round(tokens, content.size, coder);
      payload = coder.finish();
      break;
    }
    case RoundMethod::kTokens: {
      EncodingCoder coder;
      state_.walk().known_round(tokens, content.size, coder);
      payload = coder.finish();
      break;
    }
  }
  state_.done_bytes += content.size;
  state_.report(0);
  return payload;
}

Bytes BlockDecoder::decode(const Round& round) {
  Bytes content;
  switch (round.method) {
    case RoundMethod::kStored:
      content = round.payload;
      break;
    case RoundMethod::kLzma2:
      content = lzma2_decompress(round.payload, round.content_size_bytes);
      break;
    case RoundMethod::kByteMix:
      content = byte_mix_decode(state_.byte_mix(), round.payload, round.content_size_bytes,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kRichMix:
      content = byte_mix_decode(state_.rich_mix(), round.payload, round.content_size_bytes,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kTokenMix: {
      MixedDecodingCoder coder(state_.token_mix(), round.payload);
      state_.walk().unknown_round(round.content_size_bytes, coder, content);
      coder.finish();
      break;
    }
    case RoundMethod::kTokens: {
      DecodingCoder coder(round.payload);
      state_.walk().unknown_round(round.content_size_bytes, coder, content);
      coder.finish();
      break;
    }
  }
  state_.done_bytes += content.size();
  state_.report(0);
  return content;
}

}  // namespace llmz
