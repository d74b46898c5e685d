// SPDX-License-Identifier: Apache-2.0
// The mix between decisions: how it begins, contexts and their slots, what follows a byte.
#include "mix/mixing_model.h"

#include <algorithm>

#include "mix/bit_history.h"
#include "mix/mixing_inputs.h"
#include "mix/token_start.h"

namespace llmz::mix {
namespace {

// Tuned on texts that are neither trained on nor benchmarks (docs/mixing-findings.md).
constexpr uint32_t kRefinementLimit = 1023;
constexpr int32_t kContextWeight = 6000, kMatchWeight = 10000;  // without a network

std::vector<int32_t> initial_weights(size_t contexts) {
  std::vector<int32_t> w;
  for (size_t i = 0; i < contexts; ++i) w.insert(w.end(), {kContextWeight, 0});
  w.insert(w.end(), {kMatchWeight, 0, kMatchWeight, 0});
  return w;
}

// The smallest table of slots, where none is used.
constexpr int kNoSlotsBits = 6;

// Half of a set's contexts are of bytes, half of ends.
void begin_with_network(Mixer& mixer) {
  constexpr int kShift = kWeightBits - kStartBits;
  for (size_t half = 0; half < 2; ++half) {
    for (size_t set = 0; set < kMixerSets; ++set) {
      std::vector<int32_t> weights;
      for (int16_t w : kTokenStart[set][half]) weights.push_back(w * (1 << kShift));
      const size_t contexts = kSetContexts[set] / 2;
      mixer.begin_set(set, half * contexts, (half + 1) * contexts, weights);
    }
    std::array<int32_t, kMixerSets> weights;
    for (size_t set = 0; set < kMixerSets; ++set)
      weights[set] = kTokenFinalStart[half][set] * (1 << kShift);
    mixer.begin_final(half * kFinalContexts / 2, (half + 1) * kFinalContexts / 2, weights);
  }
}

}  // namespace

MixingModel::MixingModel(int memory_bits, bool with_tokens, Of of)
    : with_tokens_(with_tokens),
      of_(of),
      contexts_(with_tokens ? kTokenContexts : kByteContexts),
      slots_(of == Of::kTokenEnds ? kNoSlotsBits : memory_bits - 1),
      history_(memory_bits - 2),
      short_matches_(5, std::min(memory_bits - 6, 22)),
      long_matches_(14, std::min(memory_bits - 6, 22)),
      end_cells_(size_t{1} << std::min(memory_bits - 6, 20)),
      mixer_(kSetContexts, kFinalContexts, initial_weights(contexts_)),
      network_(with_tokens),
      by_byte_(512, kRefinementLimit),
      by_two_bytes_(kMixedContexts, kRefinementLimit),
      lanes_(1) {
  static_assert(kTokenInputs == 2 * kTokenContexts + kRefinedInput + 2);
  if (with_tokens) begin_with_network(mixer_);
  for (size_t state = 0; state < 256; ++state) {
    const AdaptiveProbability p(kBitHistory.probability[state]);
    for (Learned& map : learned_) map[state] = p;
    for (Learned& map : end_learned_) map[state] = p;
  }
  // So that a context that has seen nothing gives (0, 0).
  for (Learned& map : learned_) map[0] = AdaptiveProbability();
}

void MixingModel::share() {
  slots_.share();
  history_.share();
  short_matches_.share();
  long_matches_.share();
  end_cells_.share();
}

void MixingModel::begin_lanes(uint32_t source, uint32_t lanes, uint32_t lane_bytes) {
  const LaneContexts from = lanes_[source];
  lanes_.assign(lanes, from);
  lane_ = &lanes_[0];
  prefetched_ = 0;
  for (LaneContexts& lane : lanes_) {
    lane.position = written_;
    written_ += lane_bytes;
  }
  // A byte touches some 40 pages. So even a short text touches them all, and an interrupt for each
  // takes longer than everything else; only a very short one is done before.
  constexpr uint32_t kVeryShortText = 128;
  if (written_ > kVeryShortText && !large_pages_) {
    if (of_ == Of::kAllDecisions) slots_.use_large_pages();
    if (with_tokens_) end_cells_.use_large_pages();
    short_matches_.use_large_pages();
    long_matches_.use_large_pages();
    large_pages_ = true;
  }
}

void MixingModel::set_context_hashes() {
  const LaneContexts& c = *lane_;
  const uint32_t low = static_cast<uint32_t>(c.recent),
                 high = static_cast<uint32_t>(c.recent >> 32);
  const uint32_t last = low & 0xff;
  size_t n = 0;
  const auto add = [&](uint32_t a, uint32_t b) {
    hashes_[n] = hash2(hash2(a, b), static_cast<uint32_t>(n + 1));
    ++n;
  };
  if (with_tokens_) {
    const uint32_t place = std::min(c.prefix_bytes, 3u);
    add(last, place);
    add(low & 0xffffff, place);
    add(low, place);
    add(c.prefix_hash, c.token_before);
    add(hash2(c.prefix_hash, c.token_before), c.token_before_that);
    add(hash2(c.prefix_hash, c.token_before), hash2(c.token_before_that, c.third_token));
  } else {
    add(0, 0);
    add(last, 0);
    add(low & 0xffff, 0);
    add(low & 0xffffff, 0);
    add(low, 0);
    add(low, high & 0xff);
    add(low, high & 0xffff);
    add(low & 0xff0000, 7);
    add(low & 0xff00ff, std::min(c.column, 255u));
  }
  add(low, high);
  add(c.word, last);
  add(c.word, hash2(c.word_before, last));
  add(c.word, hash2(c.word_before_that, 256 + last));
  add(hash2(c.word, c.word_before), hash2(c.word_before_that, last));
  const uint32_t above = history_.at(c.above), above_next = history_.at(c.above + 1);
  add(above | above_next << 8, last);
  add(above | std::min(c.field, 255u) << 8, c.word);
  add(hash2(c.field, c.line_hash), last);
  add(low & 0xffff00, 5);
}

void MixingModel::begin_byte(uint32_t lane) {
  lane_ = &lanes_[lane];
  partial_ = 1;
  if (prefetched_ == 0) begin_contexts();
  select_slots();
}

void MixingModel::begin_contexts() {
  set_context_hashes();
  prefetch_slots(1);
}

// The half of a byte that is likely to come: its slots are on their way while this decision is
// coded and learned.
void MixingModel::prefetch_slots(uint32_t partial) {
  prefetched_ = partial;
  for (size_t i = 0; i < contexts_; ++i) slots_.prefetch(slot_key(i, partial));
}

// Each half of a byte has a slot in each context.
void MixingModel::select_slots() {
  if (prefetched_ != partial_) prefetch_slots(partial_);
  for (size_t i = 0; i < contexts_; ++i) slot_[i] = slots_.find(slot_key(i, partial_));
  node_ = 0;
}

// The histories count every bit, also the known ones: another token may come to the same context.
void MixingModel::skip(uint32_t bit) {
  for (size_t i = 0; i < contexts_; ++i) {
    uint8_t& state = slot_[i][node_];
    state = next_history(state, bit);
  }
  begin_next_bit(bit);
}

void MixingModel::begin_next_bit(uint32_t bit) {
  partial_ = partial_ << 1 | bit;
  node_ = 2 * node_ + 1 + bit;
  if (partial_ >= 16 && partial_ < 32) select_slots();
}

void MixingModel::end_byte(uint8_t byte) {
  LaneContexts& c = *lane_;
  const uint64_t recent = c.recent << 8 | byte;
  const uint32_t low = static_cast<uint32_t>(recent), high = static_cast<uint32_t>(recent >> 32);
  const uint32_t short_hash = hash2(low, high & 0xff), long_hash = hash2(hash2(low, high), 14);
  short_matches_.prefetch(short_hash);
  long_matches_.prefetch(long_hash);
  history_.write(c.position, byte);
  c.append(byte, history_);
  prefetched_ = 0;
  if (!with_tokens_) begin_contexts();  // there is one lane, which goes on here
  short_matches_.advance(c.short_match, history_, c.position, short_hash);
  long_matches_.advance(c.long_match, history_, c.position, long_hash);
}

}  // namespace llmz::mix
