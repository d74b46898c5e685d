// SPDX-License-Identifier: Apache-2.0
// How input is cut into blocks and rounds, and what settings mean; shared by compress() and
// estimate().
#pragma once

#include "codec/session.h"
#include "codec/stretch.h"
#include "container/frame.h"

namespace llmz {

// Cuts a source into blocks of block_bytes (0: one block) and each of them into rounds.
class BlockSource {
 public:
  BlockSource(ByteSource& in, uint64_t block_bytes, uint64_t round_bytes);
  // The next round of the block; empty at its end.
  ByteView next_round();
  // Goes on to the next block, if there is more input.
  bool next_block();
  bool input_is_empty() const { return ahead_.empty() && !started_; }

 private:
  ByteSource& in_;
  uint64_t block_bytes_, round_bytes_, left_in_block_;
  bool started_ = false;
  Bytes current_,
      ahead_;  // one round is read ahead, so that the end of the input is known before it comes
};

CoderSettings coder_settings(const CompressSettings& settings, const ExactModel& model);
bool is_model_default(const CoderSettings& coder, const ExactModel& model);
uint32_t head_rate(const CoderSettings& coder);  // of 2^24; 0: frozen

}  // namespace llmz
