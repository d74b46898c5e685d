// SPDX-License-Identifier: Apache-2.0
#include "codec/blocks.h"

#include <algorithm>

#include "container/format.h"

namespace llmz {

BlockSource::BlockSource(ByteSource& in, uint64_t block_bytes, uint64_t round_bytes)
    : in_(in),
      block_bytes_(block_bytes > 0 ? block_bytes : ~uint64_t{0}),
      round_bytes_(round_bytes),
      left_in_block_(block_bytes_) {
  ahead_.resize(std::min(round_bytes_, left_in_block_));
  ahead_.resize(read_fully(in_, ahead_.data(), ahead_.size()));
}

ByteView BlockSource::next_round() {
  current_.clear();
  if (left_in_block_ == 0 || ahead_.empty()) return current_;
  started_ = true;
  std::swap(current_, ahead_);
  left_in_block_ -= current_.size();
  ahead_.resize(std::min(round_bytes_, left_in_block_ > 0 ? left_in_block_ : block_bytes_));
  ahead_.resize(read_fully(in_, ahead_.data(), ahead_.size()));
  return current_;
}

bool BlockSource::next_block() {
  left_in_block_ = block_bytes_;
  return !ahead_.empty();
}

CoderSettings coder_settings(const CompressSettings& settings, const ExactModel& model) {
  if (settings.lanes > 255) throw Error(ErrorKind::kUsage, "at most 255 lanes are possible");
  CoderSettings coder;
  coder.lanes = static_cast<uint8_t>(settings.lanes > 0 ? settings.lanes : kDefaultLanes);
  coder.head_learning = settings.learning && model.learning.rate > 0;
  coder.head_rate_code = coder.head_learning ? static_cast<uint8_t>(model.learning.rate / 1024) : 0;
  return coder;
}

bool is_model_default(const CoderSettings& coder, const ExactModel& model) {
  return coder.lanes == kDefaultLanes && head_rate(coder) == model.learning.rate;
}

uint32_t head_rate(const CoderSettings& coder) {
  return coder.head_learning ? coder.head_rate_code * 1024u : 0;
}

}  // namespace llmz
