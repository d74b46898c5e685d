// SPDX-License-Identifier: Apache-2.0
#include "codec/block_coder.h"

#include "codec/blocks.h"
#include "codec/byte_mix.h"
#include "codec/coders.h"
#include "codec/lzma2.h"

namespace llmz {

void BlockState::begin_tokens(bool mixed) {
  if (walk_) return;
  const LoadedModel& model = session_.model();
  const Vocabulary& vocabulary = model.tokenizer.vocabulary();
  const uint32_t rate = head_rate(coder_);
  walk_.emplace(session_.engine(), vocabulary, model.exact.config, rate, coder_.lanes, spare_);
  if (reference_) {
    walk_->progress = [this](uint64_t) { report(0); };
    token_mix_ = reference_->begin({model.fingerprint, rate, coder_.lanes,
                                    mixed ? coder_.memory_bits : 0, session_.engine().name},
                                   model.tokenizer, *walk_);
  } else if (mixed) {
    token_mix_ = std::make_unique<BlockMix>(vocabulary, coder_.memory_bits);
  }
  // Also where the walk begins behind a reference: unsigned numbers wrap.
  walk_->progress = [this](uint64_t done) {
    if (progress) progress(walk_began_bytes_ + done);
  };
}

void BlockState::begin_round(RoundMethod method) {
  if (!needs_model(method)) return;
  begin_tokens(method == RoundMethod::kTokenMix);
  walk_began_bytes_ = done_bytes - walk_->block_bytes();
}

mix::MixingModel& BlockState::byte_mix() {
  if (!byte_mix_) {
    byte_mix_ = reference_ ? reference_->byte_mix(coder_.memory_bits, [this] { report(0); })
                           : std::make_unique<mix::MixingModel>(coder_.memory_bits, false);
  }
  return *byte_mix_;
}

mix::RichModel& BlockState::rich_mix() {
  if (!rich_mix_) {
    rich_mix_ = reference_ ? reference_->rich_mix(coder_.memory_bits, [this] { report(0); })
                           : std::make_unique<mix::RichModel>(coder_.memory_bits);
  }
  return *rich_mix_;
}

Bytes BlockEncoder::encode(RoundMethod method, ByteView content, uint64_t& token_count) {
  state_.begin_round(method);
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
      payload = lzma2_compress(content, state_.reference(), [this] { state_.report(0); });
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
      state_.walk().encode_round(tokens, content.size, coder);
      payload = coder.finish();
      break;
    }
    case RoundMethod::kTokens: {
      EncodingCoder coder;
      state_.walk().encode_round(tokens, content.size, coder);
      payload = coder.finish();
      break;
    }
  }
  state_.done_bytes += content.size;
  state_.report(0);
  return payload;
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
      content = byte_mix_decode(state_.rich_mix(), round.payload, round.content_size_bytes,
                                [this](uint64_t done) { state_.report(done); });
      break;
    case RoundMethod::kTokenMix: {
      MixedDecodingCoder coder(state_.token_mix(), round.payload);
      state_.walk().decode_round(round.content_size_bytes, coder, content);
      coder.finish();
      break;
    }
    case RoundMethod::kTokens: {
      DecodingCoder coder(round.payload);
      state_.walk().decode_round(round.content_size_bytes, coder, content);
      coder.finish();
      break;
    }
  }
  state_.done_bytes += content.size();
  state_.report(0);
  return content;
}

}  // namespace llmz
