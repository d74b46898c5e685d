// SPDX-License-Identifier: Apache-2.0
// The rich mixes: bytes, from more than 40 contexts of the text so far, from the bytes that repeats
// and fields make likely, and from the byte that each context had last; with a network beside it,
// from what that says too. For logs, tables, markup and code. There are two, of which the first is
// for what was written with it. The method, and every constant of it: docs/mixing.md.
//
// A byte is eight decisions, first the high bit: begin_byte(), for each decision predict() and
// learn() with the outcome, or skip() if it is known; then end_byte().
//
// Memory: 1.4 * 2^memory_bits bytes and about 20 MB. Speed: 10 us a byte. Threads: none.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mix/adaptive.h"
#include "mix/expectations.h"
#include "mix/history.h"
#include "mix/network_inputs.h"
#include "mix/rich_contexts.h"
#include "mix/rich_mixer.h"
#include "mix/run_table.h"
#include "mix/slot_table.h"
#include "mix/text_state.h"

namespace llmz::mix {

class RichModel {
 public:
  // memory_bits: 16 to 28. Other designs than those of the format are for experiments.
  RichModel(int memory_bits, const RichDesign& design);
  // Between two bytes. 30 ms for the default memory.
  RichModel(const RichModel&) = default;
  // As MixingModel::share().
  void share();

  // The place in the token counts beside a network only.
  void begin_byte(const TokenPlace& place = {});
  // The probability of a one, 1 .. 65535 of 2^16. network_p: the network's, if there is one.
  uint32_t predict(uint32_t network_p = kProbabilityOne / 2);
  void learn(uint32_t bit);
  void skip(uint32_t bit);
  // After eight bits; `byte` is what they say.
  void end_byte(uint8_t byte);

 private:
  static constexpr size_t kMaxContexts = 64, kStages = 5;
  using ByHistory = std::array<AdaptiveProbability, 256>;
  using ByRun = std::array<AdaptiveProbability, 64 * 2>;  // [in a row][first bit, later bit]
  // What was learned of one expectation, and what it says of the decision in hand.
  struct Expected {
    std::array<AdaptiveProbability, Expectations::kConfidences * 2> by_confidence;
    std::vector<AdaptiveProbability> by_byte;  // [byte][bits done][length, in fours]
    AdaptiveProbability *confidence = nullptr, *byte = nullptr;  // null: it says nothing
    uint32_t bit = 0;
  };
  // The expectation to be trusted most, as far as the bits of the byte in hand agree with it.
  struct Best {
    bool agrees = false;
    uint32_t byte = 0, bit = 0, confidence = 0;
  };

  void select_slots();
  void begin_next_bit(uint32_t bit);
  uint32_t slot_key(size_t i) const { return partial_ == 1 ? hash_[i] : hash2(hash_[i], partial_); }
  uint32_t bits_done() const { return 31 - static_cast<uint32_t>(__builtin_clz(partial_)); }
  size_t most_trusted() const;
  Best best() const;
  void choose_stages(const Best& best);
  void add_context_inputs();
  void add_expected_inputs();
  void add_network_inputs(uint32_t network_p);
  int32_t mix(const Best& best, uint32_t network_p);

  const std::vector<ContextRow>& rows_;
  const bool with_network_, second_;
  TextState text_;
  TextPatterns patterns_;
  History history_;
  Expectations expected_;
  SlotTable slots_;
  RunTable runs_;
  std::vector<ByHistory> by_history_;  // of each row
  std::vector<ByRun> by_run_;
  std::array<Expected, Expectations::kCount> learned_expected_;
  NetworkInputs network_;
  RichMixer mixer_;
  std::vector<RefinementStage> stages_;

  // Of the byte in hand.
  TokenPlace token_;
  std::array<uint32_t, kMaxContexts> hash_{};
  std::array<RunTable::Run*, kMaxContexts> run_{};
  std::array<uint8_t*, kMaxContexts> slot_{};
  size_t best_ = Expectations::kCount;  // kCount: none
  uint32_t place_ = 0;                  // in the line, its numbers masked, and in the token
  uint32_t partial_ = 1, node_ = 0;     // a one and the bits so far; their node in the slots
  // Of the decision in hand.
  std::array<uint8_t, kMaxContexts> state_{}, run_index_{};
  std::array<uint8_t, kMaxContexts> run_bit_{};
  std::array<uint32_t, kStages> stage_context_{};
  uint32_t known_ = 0;  // how many contexts have been seen
};

}  // namespace llmz::mix
