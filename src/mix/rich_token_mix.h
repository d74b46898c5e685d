// SPDX-License-Identifier: Apache-2.0
// The rich mix beside a network, for a text of tokens in one lane: bits of bytes are the rich
// model's, the ends of tokens are those of the other mix. As MixingModel has it for TokenPath.
//
// Memory: 1.8 * 2^memory_bits bytes and about 30 MB. Speed: 11 us a byte. Threads: none.
#pragma once

#include "mix/mixing_model.h"
#include "mix/rich_model.h"

namespace llmz::mix {

class RichTokenMix {
 public:
  RichTokenMix(int memory_bits, const RichDesign& bytes)
      : bytes_(memory_bits, bytes), ends_(memory_bits, true, MixingModel::Of::kTokenEnds) {}
  // Between two tokens; begin() comes next.
  RichTokenMix(const RichTokenMix&) = default;
  // As MixingModel::share().
  void share() {
    bytes_.share();
    ends_.share();
  }

  // So many bytes at most follow before the next call.
  void begin(uint32_t room_bytes) { ends_.begin_lanes(0, 1, room_bytes); }

  void begin_byte(uint32_t) {
    const LaneContexts& c = ends_.lane();
    bytes_.begin_byte(
        {c.prefix_hash, c.prefix_bytes, c.token_before, c.token_before_that, c.third_token});
  }
  uint32_t predict(uint32_t network_p) { return bytes_.predict(network_p); }
  void learn(uint32_t bit) { bytes_.learn(bit); }
  void skip(uint32_t bit) { bytes_.skip(bit); }
  void end_byte(uint8_t byte) {
    bytes_.end_byte(byte);
    ends_.end_byte(byte);
  }
  uint32_t predict_end(uint32_t network_p) { return ends_.predict_end(network_p); }
  void learn_end(bool ended) { ends_.learn_end(ended); }
  void end_token(uint32_t token) { ends_.end_token(token); }

 private:
  RichModel bytes_;
  MixingModel ends_;
};

}  // namespace llmz::mix
