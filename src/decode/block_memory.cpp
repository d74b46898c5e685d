// SPDX-License-Identifier: Apache-2.0
#include "decode/block_memory.h"

#include "base/processor.h"
#include "container/frame_memory.h"

namespace llmz {
namespace {

constexpr uint64_t kMegabyte = uint64_t{1} << 20;

}  // namespace

uint64_t memory_for_blocks(uint64_t limit_bytes) {
  return limit_bytes > 0 ? limit_bytes : usable_memory_bytes() / 2;
}

uint64_t decoding_bytes(const FrameHeader& header, uint64_t model_bytes) {
  FrameMemory memory(header);
  memory.add(RoundMethod::kByteMix, kMaxRoundBytes, kMaxRoundBytes);
  memory.add(RoundMethod::kSecondRichMix, kMaxRoundBytes, kMaxRoundBytes);
  memory.add(RoundMethod::kSamples, kMaxRoundBytes, kMaxRoundBytes);
  if (header.needs_model)
    memory.add(RoundMethod::kSecondRichTokenMix, kMaxRoundBytes, kMaxRoundBytes);
  return memory.bytes() + model_bytes;
}

void check_memory(uint64_t needed_bytes, uint64_t limit_bytes, const char* what) {
  if (limit_bytes == 0 || needed_bytes <= limit_bytes) return;
  throw Error(ErrorKind::kLimit, "takes up to " + std::to_string(needed_bytes / kMegabyte + 1) +
                                     " MB of memory to " + what + "; the limit is " +
                                     std::to_string(limit_bytes / kMegabyte) + " MB");
}

}  // namespace llmz
