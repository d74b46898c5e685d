// SPDX-License-Identifier: Apache-2.0
// The two rich mixes beside the network: docs/mixing.md, "Specification of the rich mix beside the
// network".
#pragma once

#include "mix_document_mix.h"
#include "mix_document_rich.h"

namespace llmz::mix_document {

class RichTokenMix {
 public:
  // m: the memory setting.
  RichTokenMix(int m, const Tables& tables, bool second = false)
      : ends_(m, true, tables), bytes_(m, tables, true, second) {}

  void begin_lane(uint32_t room) { ends_.begin_lanes(0, 1, room); }
  void begin_byte(uint32_t) { bytes_.begin_byte(&ends_.only_lane()); }
  uint32_t predict(uint32_t network_p) { return bytes_.predict(network_p); }
  void learn(uint32_t bit) { bytes_.learn(bit); }
  void skip(uint32_t bit) { bytes_.skip(bit); }
  void end_byte(uint8_t byte) {
    bytes_.end_byte(byte);
    ends_.end_byte(byte);
  }
  uint32_t predict_end(uint32_t network_p) { return ends_.predict_end(network_p); }
  void learn_end(uint32_t bit) { ends_.learn_end(bit); }
  void end_token(uint32_t id) { ends_.end_token(id); }

 private:
  Mix ends_;
  RichMix bytes_;
};

}  // namespace llmz::mix_document
