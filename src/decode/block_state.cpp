// SPDX-License-Identifier: Apache-2.0
#include "decode/block_state.h"

#include "decode/coder_settings.h"

namespace llmz {

void BlockState::begin_tokens(RoundMethod method) {
  if (walk_) return;
  const LoadedModel& model = session_.model();
  const Vocabulary& vocabulary = model.token_table.vocabulary;
  const uint32_t rate = head_rate(coder_);
  const uint32_t lanes = lanes_of(method, coder_);
  walk_.emplace(session_.engine(), vocabulary, model.exact.config, rate, lanes, spare_);
  if (reference_) {
    walk_->progress = [this](uint64_t) { report(0); };
    token_mix_ = reference_->begin(
        {model.fingerprint, rate, lanes, method, coder_.memory_bits, session_.engine().name},
        model.token_table, *walk_);
  } else if (method == RoundMethod::kTokenMix) {
    token_mix_.lean = std::make_unique<BlockMix>(vocabulary, coder_.memory_bits, true);
  } else if (mixes_tokens_richly(method)) {
    token_mix_.rich =
        std::make_unique<RichBlockMix>(vocabulary, coder_.memory_bits, rich_design(method));
  }
  // Also where the walk begins behind a reference: unsigned numbers wrap.
  walk_->progress = [this](uint64_t done) {
    if (progress) progress(walk_began_bytes_ + done);
  };
}

void BlockState::begin_round(RoundMethod method) {
  if (!needs_model(method)) return;
  begin_tokens(method);
  walk_began_bytes_ = done_bytes - walk_->block_bytes();
}

mix::MixingModel& BlockState::byte_mix() {
  if (!byte_mix_) {
    byte_mix_ = reference_ ? reference_->byte_mix(coder_.memory_bits, [this] { report(0); })
                           : std::make_unique<mix::MixingModel>(coder_.memory_bits, false);
  }
  return *byte_mix_;
}

mix::RichModel& BlockState::rich_mix(RoundMethod method) {
  std::unique_ptr<mix::RichModel>& mix =
      method == RoundMethod::kRichMix ? rich_mix_ : second_rich_mix_;
  if (!mix) {
    mix = reference_ ? reference_->rich_mix(method, coder_.memory_bits, [this] { report(0); })
                     : std::make_unique<mix::RichModel>(coder_.memory_bits, rich_design(method));
  }
  return *mix;
}

}  // namespace llmz
