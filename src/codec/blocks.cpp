// SPDX-License-Identifier: Apache-2.0
#include "codec/blocks.h"

#include <algorithm>

#include "container/format.h"

namespace llmz {

BlockSource::BlockSource(ByteSource& in, uint64_t block_bytes)
    : in_(in),
      block_bytes_(block_bytes > 0 ? block_bytes : ~uint64_t{0}),
      left_in_block_(block_bytes_) {
  read_ahead(left_in_block_);
}

// Memory grows with what is really there.
void BlockSource::read_ahead(uint64_t most_bytes) {
  most_bytes = std::min(most_bytes, kSegmentBytes);
  ahead_.clear();
  for (uint64_t step = 1 << 16; ahead_.size() < most_bytes; step *= 2) {
    const size_t before = ahead_.size(), want = std::min(step, most_bytes - before);
    ahead_.resize(before + want);
    const size_t got = read_fully(in_, ahead_.data() + before, want);
    ahead_.resize(before + got);
    if (got < want) break;
  }
}

ByteView BlockSource::next_segment() {
  current_.clear();
  if (left_in_block_ == 0 || ahead_.empty()) return current_;
  started_ = true;
  std::swap(current_, ahead_);
  left_in_block_ -= current_.size();
  read_ahead(left_in_block_ > 0 ? left_in_block_ : block_bytes_);
  return current_;
}

bool BlockSource::next_block() {
  left_in_block_ = block_bytes_;
  return !ahead_.empty();
}

CoderSettings plain_coder_settings(const CompressSettings& settings) {
  if (settings.lanes > 255) throw Error(ErrorKind::kUsage, "at most 255 lanes are possible");
  if (settings.memory_bits < kSmallestMemoryBits || settings.memory_bits > kLargestMemoryBits)
    throw Error(ErrorKind::kUsage, "the mix takes 64 KB (16) to 1 GB (30) of memory");
  CoderSettings coder;
  coder.memory_bits = static_cast<uint8_t>(settings.memory_bits);
  coder.head_learning = false;
  coder.lanes = static_cast<uint8_t>(settings.lanes > 0 ? settings.lanes : kDefaultLanes);
  return coder;
}

CoderSettings coder_settings(const CompressSettings& settings, const ExactModel& model) {
  CoderSettings coder = plain_coder_settings(settings);
  coder.head_learning = settings.learning && model.learning.rate > 0;
  coder.head_rate_code = coder.head_learning ? static_cast<uint8_t>(model.learning.rate / 1024) : 0;
  return coder;
}

bool is_model_default(const CoderSettings& coder, const ExactModel& model) {
  return coder.lanes == kDefaultLanes && coder.memory_bits == kDefaultMemoryBits &&
         head_rate(coder) == model.learning.rate;
}

uint32_t head_rate(const CoderSettings& coder) {
  return coder.head_learning ? coder.head_rate_code * 1024u : 0;
}

}  // namespace llmz
