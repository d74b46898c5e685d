// SPDX-License-Identifier: Apache-2.0
#include "codec/block_memory.h"

#include <algorithm>

#include "base/processor.h"
#include "container/frame_memory.h"

namespace llmz {
namespace {

constexpr uint64_t kMegabyte = uint64_t{1} << 20;

}  // namespace

uint64_t memory_for_blocks(uint64_t limit_bytes) {
  return limit_bytes > 0 ? limit_bytes : usable_memory_bytes() / 2;
}

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
    if (settings.mix) mixes.add(RoundMethod::kRichMix, segment_bytes, segment_bytes);
  } else {
    mixes.add(RoundMethod::kByteMix, segment_bytes, segment_bytes);
  }
  const unsigned lanes = settings.lanes > 0 ? settings.lanes : kDefaultLanes;
  const uint64_t lzma2 = std::max(12 * segment_bytes, 10 * kMegabyte);
  const uint64_t coder = mixes.bytes() + (model ? model->memory_bytes(lanes) : 0);
  return (settings.verify ? 2 : 1) * coder + lzma2 + content_bytes;
}

uint64_t decoding_bytes(const FrameHeader& header, uint64_t model_bytes) {
  FrameMemory memory(header);
  memory.add(RoundMethod::kByteMix, kMaxRoundBytes, kMaxRoundBytes);
  memory.add(RoundMethod::kRichMix, kMaxRoundBytes, kMaxRoundBytes);
  if (header.needs_model) memory.add(RoundMethod::kTokenMix, kMaxRoundBytes, kMaxRoundBytes);
  return memory.bytes() + model_bytes;
}

void check_memory(uint64_t needed_bytes, uint64_t limit_bytes, const char* what) {
  if (limit_bytes == 0 || needed_bytes <= limit_bytes) return;
  throw Error(ErrorKind::kLimit, "takes up to " + std::to_string(needed_bytes / kMegabyte + 1) +
                                     " MB of memory to " + what + "; the limit is " +
                                     std::to_string(limit_bytes / kMegabyte) + " MB");
}

}  // namespace llmz
