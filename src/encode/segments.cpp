// SPDX-License-Identifier: Apache-2.0
#include "encode/segments.h"

#include <algorithm>
#include <utility>

#include "container/format.h"

namespace llmz {
namespace {

constexpr size_t kLargeBytes = 4 << 20;  // so much content is likely to become a full segment

}  // namespace

Segmenter::Segmenter(uint64_t block_bytes, Take take)
    : block_bytes_(block_bytes > 0 ? block_bytes : ~uint64_t{0}),
      take_(std::move(take)),
      left_in_block_(block_bytes_) {}

void Segmenter::feed(ByteView content) {
  while (content.size > 0) {
    const uint64_t full = std::min(kSegmentBytes, left_in_block_);
    if (waiting_.size() == full) {
      give(full == left_in_block_, true);
      continue;
    }
    const size_t taken =
        static_cast<size_t>(std::min<uint64_t>(content.size, full - waiting_.size()));
    if (waiting_.size() >= kLargeBytes) waiting_.reserve(full);
    waiting_.insert(waiting_.end(), content.begin(), content.begin() + taken);
    content = content.subview(taken, content.size - taken);
  }
}

void Segmenter::flush() {
  if (!waiting_.empty()) give(waiting_.size() == left_in_block_, false);
}

void Segmenter::end() {
  if (!waiting_.empty() || left_in_block_ < block_bytes_) give(true, false);
}

void Segmenter::give(bool block_ends, bool more_follows) {
  left_in_block_ = block_ends ? block_bytes_ : left_in_block_ - waiting_.size();
  take_({std::exchange(waiting_, {}), block_ends, more_follows});
}

void segment_all(ByteSource& in, Segmenter& segments, const std::function<void()>& before_read) {
  Bytes piece(1 << 16);
  for (;;) {
    before_read();
    const size_t got = in.read(piece.data(), piece.size());
    if (got == 0) break;
    segments.feed({piece.data(), got});
  }
  segments.end();
}

CoderSettings plain_coder_settings(const CompressSettings& settings) {
  if (settings.lanes > 255) throw Error(ErrorKind::kUsage, "at most 255 lanes are possible");
  if (settings.memory_bits < kSmallestMemoryBits || settings.memory_bits > kLargestMemoryBits)
    throw Error(ErrorKind::kUsage, "the mix takes 64 KB (16) to 256 MB (28) of memory");
  CoderSettings coder = default_coder_settings();
  coder.memory_bits = static_cast<uint8_t>(settings.memory_bits);
  if (settings.lanes > 0) coder.lanes = static_cast<uint8_t>(settings.lanes);
  return coder;
}

CoderSettings coder_settings(const CompressSettings& settings, const ExactModel& model) {
  return with_head(plain_coder_settings(settings), model, settings.learning);
}

bool is_model_default(const CoderSettings& coder, const ExactModel& model) {
  return coder.lanes == kDefaultLanes && head_rate(coder) == model.learning.rate;
}

}  // namespace llmz
