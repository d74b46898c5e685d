// SPDX-License-Identifier: Apache-2.0
// How input is cut into blocks and rounds, and what settings mean; shared by compress() and
// estimate().
#pragma once

#include <algorithm>

#include "codec/session.h"
#include "codec/stretch.h"
#include "container/frame.h"

namespace llmz {

constexpr uint64_t kByteMixRoundBytes = uint64_t{1} << 20;

// Cuts a source into blocks of block_bytes (0: one block) and each of them into segments, the bytes
// that an encoder plans for at once. Memory: two segments.
class BlockSource {
 public:
  static constexpr uint64_t kSegmentBytes = kMaxRoundBytes;

  BlockSource(ByteSource& in, uint64_t block_bytes);
  // The next segment of the block; empty at its end.
  ByteView next_segment();
  // Goes on to the next block, if there is more input.
  bool next_block();
  // Whether the block ends with the last segment given.
  bool block_ends() const { return left_in_block_ == 0 || ahead_.empty(); }
  bool input_is_empty() const { return ahead_.empty() && !started_; }

 private:
  void read_ahead(uint64_t most_bytes);

  ByteSource& in_;
  uint64_t block_bytes_, left_in_block_;
  bool started_ = false;
  Bytes current_,
      ahead_;  // one segment ahead, so that the end of the input is known before it comes
};

// Calls work(part) for the parts of a run that are coded as one round each.
template <class Work>
void for_each_round(ByteView run, RoundMethod method, uint32_t lanes, Work&& work) {
  const bool mixes_bytes = method == RoundMethod::kByteMix || method == RoundMethod::kRichMix;
  const uint64_t most = needs_model(method) ? round_size_bytes(lanes)
                        : mixes_bytes       ? kByteMixRoundBytes
                                            : kMaxRoundBytes;
  for (uint64_t begin = 0; begin < run.size; begin += most)
    work(run.subview(begin, std::min(most, run.size - begin)));
}

// Of a frame that needs no model.
CoderSettings plain_coder_settings(const CompressSettings& settings);
CoderSettings coder_settings(const CompressSettings& settings, const ExactModel& model);
bool is_model_default(const CoderSettings& coder, const ExactModel& model);
uint32_t head_rate(const CoderSettings& coder);  // of 2^24; 0: frozen

}  // namespace llmz
