// SPDX-License-Identifier: Apache-2.0
#include "encode/compressing_memory.h"

#include <algorithm>

#include "container/frame_memory.h"

namespace llmz {

namespace {

constexpr uint64_t kLeastLzma2Bytes = uint64_t{10} << 20;

}  // namespace

uint64_t compressing_bytes(const CompressSettings& settings, const std::optional<ModelInfo>& model,
                           uint64_t segment_bytes, uint64_t content_bytes) {
  FrameHeader frame;
  if (settings.reference) frame.reference_check = 0;  // that there is one
  frame.coder.emplace().memory_bits =
      settings.memory_bits == kDefaultMemoryBits
          ? implied_memory_bits(segment_bytes, settings.reference.has_value())
          : static_cast<uint8_t>(settings.memory_bits);
  FrameMemory mixes(frame);
  if (settings.network) {
    mixes.add(RoundMethod::kTokenMix, segment_bytes, segment_bytes);
    if (settings.mix) {
      mixes.add(RoundMethod::kSecondRichMix, segment_bytes, segment_bytes);
      if (settings.lanes == 1)
        mixes.add(RoundMethod::kSecondRichTokenMix, segment_bytes, segment_bytes);
    }
  } else {
    mixes.add(RoundMethod::kByteMix, segment_bytes, segment_bytes);
  }
  if (settings.reference) mixes.add(RoundMethod::kCopies, segment_bytes, segment_bytes);
  mixes.add(RoundMethod::kSamples, segment_bytes, segment_bytes);
  const unsigned lanes = settings.lanes > 0 ? settings.lanes : kDefaultLanes;
  const uint64_t lzma2 = std::max(12 * segment_bytes, kLeastLzma2Bytes);
  const uint64_t coder = mixes.bytes() + (model ? model->memory_bytes(lanes) : 0);
  return (settings.verify ? 2 : 1) * coder + lzma2 + content_bytes;
}

}  // namespace llmz
