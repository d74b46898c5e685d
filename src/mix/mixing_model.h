// SPDX-License-Identifier: Apache-2.0
// The bitwise mix: the probability of the next bit of a text from what its bytes have said so far
// and, if there is one, from a network's opinion. One object serves a block: all its lanes share
// what is learned, in the order in which they code.
//
// A byte is eight decisions, first the high bit; in a text of tokens each byte that may end one is
// followed by a decision "the token ends here". The caller asks predict() for each decision that is
// open and tells learn() the outcome; bits that are known without coding go to skip().
//
// Memory: 2^memory_bits bytes and about 10 MB; of very short texts what is used, from 128 bytes on
// half of it and more. Speed: 2 us a byte. Threads: none. The method, with its sources:
// docs/mixing.md.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/zero_memory.h"
#include "mix/adaptive.h"
#include "mix/history.h"
#include "mix/lane_contexts.h"
#include "mix/match_model.h"
#include "mix/mixer.h"
#include "mix/network_inputs.h"
#include "mix/slot_table.h"

namespace llmz::mix {

class MixingModel {
 public:
  // memory_bits: 16 to 28. with_tokens: whether texts are token sequences with a network beside
  // them, or plain bytes. Of the ends of tokens alone: the decisions of bytes are another model's,
  // and begin_byte(), predict(), learn() and skip() are not called; it has one lane.
  enum class Of { kAllDecisions, kTokenEnds };
  MixingModel(int memory_bits, bool with_tokens, Of of = Of::kAllDecisions);
  // Between two tokens, or two bytes without tokens. 20 ms for the default memory.
  MixingModel(const MixingModel&) = default;
  // For a mix that will be copied often and not be used any more: copies take memory and time for
  // what they change, and 1 ms.
  void share();

  // All lanes go on as copies of lane `source`; each writes at most lane_bytes bytes.
  void begin_lanes(uint32_t source, uint32_t lanes, uint32_t lane_bytes);

  void begin_byte(uint32_t lane);
  // The probability of a one, 1 .. 65535 of 2^16. network_p: the network's, 1 .. 65535; not used
  // without tokens.
  uint32_t predict(uint32_t network_p);
  void learn(uint32_t bit);
  void skip(uint32_t bit);
  // After eight bits; `byte` is what they say.
  void end_byte(uint8_t byte);

  // The decision after a byte, with tokens only. One that is not open is left out.
  uint32_t predict_end(uint32_t network_p);
  void learn_end(bool ended);
  void end_token(uint32_t token);
  const LaneContexts& lane() const { return *lane_; }

 private:
  static constexpr size_t kTokenContexts = 15, kByteContexts = 18, kEndContexts = 6;
  struct Cell {
    uint8_t check, history;
  };
  using Learned = std::array<AdaptiveProbability, 256>;  // by bit history

  void set_context_hashes();
  void select_slots();
  uint32_t slot_key(size_t context, uint32_t partial) const {
    return partial == 1 ? hashes_[context] : hash2(hashes_[context], partial);
  }
  void begin_contexts();
  void prefetch_slots(uint32_t partial);
  uint32_t gather_byte_inputs(uint32_t network_p);
  uint32_t gather_end_inputs();
  void add_match_inputs();
  void add_end_match_inputs();
  void add_network_inputs(uint32_t network_p, uint32_t byte_context, uint32_t match_context);
  uint32_t match_bucket() const;
  uint32_t refined(int32_t mixed, uint32_t context, uint32_t longer_context);
  void learn_shared(uint32_t bit);
  void begin_next_bit(uint32_t bit);

  const bool with_tokens_;
  const Of of_;
  const size_t contexts_;  // how many of kByteContexts are in use
  SlotTable slots_;
  History history_;
  MatchModel short_matches_, long_matches_;
  ZeroMemory<Cell> end_cells_;
  Mixer mixer_;
  NetworkInputs network_;
  RefinementStage by_byte_, by_two_bytes_;
  std::array<Learned, kByteContexts> learned_;
  std::array<Learned, kEndContexts> end_learned_;
  std::vector<LaneContexts> lanes_;
  uint32_t written_ = 1;  // up to where the history is given to lanes
  uint32_t decisions_ = 0;
  bool large_pages_ = false;

  // Of the byte in hand.
  LaneContexts* lane_ = nullptr;
  std::array<uint32_t, kByteContexts> hashes_{};
  std::array<uint8_t*, kByteContexts> slot_{};
  uint32_t partial_ = 1;     // a one and the bits so far
  uint32_t node_ = 0;        // in the slot
  uint32_t prefetched_ = 0;  // the partial byte whose slots are on their way; 0: none
  // Of the decision in hand.
  std::array<uint8_t, kByteContexts> state_{};  // the contexts' histories; 0: new
  std::array<Cell*, kEndContexts> end_cell_{};
  std::array<AdaptiveProbability*, 2> match_learned_{};  // of the short and the long match
  std::array<uint32_t, 2> match_expects_{};
};

}  // namespace llmz::mix
