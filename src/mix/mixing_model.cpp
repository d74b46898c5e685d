// SPDX-License-Identifier: Apache-2.0
#include "mix/mixing_model.h"

#include <algorithm>
#include <cstdlib>

#include "mix/bit_history.h"
#include "mix/token_start.h"

namespace llmz::mix {
namespace {

// Tuned on texts that are neither trained on nor benchmarks (docs/mixing.md).
constexpr int32_t kRate = 130, kFirstRate = 400, kFinalRate = 60;
constexpr uint32_t kRateHalves = 12;  // the first rate halves every 2^12 decisions
constexpr uint32_t kHistoryLimit = 255, kMatchLimit = 1023, kRefinementLimit = 1023,
                   kNetworkLimit = 255;
constexpr int32_t kContextWeight = 6000, kMatchWeight = 10000;  // without a network

// bench/mix_parts compiles this file with parts left out, to see what they are worth.
#ifndef LLMZ_MIX_WITHOUT
#define LLMZ_MIX_WITHOUT 0
#endif
constexpr uint32_t kWithout = LLMZ_MIX_WITHOUT;
constexpr uint32_t kShortMatchPart = 1 << 20, kLongMatchPart = 1 << 21,
                   kNetworkRefinedPart = 1 << 22, kRefinedPart = 1 << 23,
                   kProbabilityInputPart = 1 << 24, kEndPart = 1 << 25;

constexpr size_t kMixedContexts = 1 << 12;  // of a refinement stage

// The inputs behind those of the contexts, two for each: two for each match, the network's log
// odds and probability, a constant, two refinements of the network.
constexpr size_t kMatchInput = 0, kNetworkInput = 4, kConstantInput = 6, kRefinedInput = 7;

std::vector<int32_t> initial_weights(size_t contexts) {
  std::vector<int32_t> w;
  for (size_t i = 0; i < contexts; ++i) w.insert(w.end(), {kContextWeight, 0});
  w.insert(w.end(), {kMatchWeight, 0, kMatchWeight, 0});
  return w;
}

// Which weights a set uses. Decisions about bytes come first, those about the ends of tokens after
// them.
constexpr uint32_t kBuckets = MatchModel::kBuckets + 1;  // of the match
constexpr uint32_t kLevels = 16;                         // of the network's certainty
enum Set { kByMatch, kByPartialByte, kByLastByte, kByNetwork, kByKnownContexts, kByToken };
constexpr std::array<size_t, kMixerSets> kSetContexts = {2 * kBuckets,    512, 512,
                                                         2 * kLevels * 4, 256, 1024};
constexpr size_t kFinalContexts = 128;

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

// How sure the network is, and of what.
uint32_t certainty(uint32_t p) {
  constexpr int32_t kBounds[] = {128, 320, 512, 768, 1100, 1500, 2000};
  const int32_t s = std::abs(stretch(p));
  uint32_t level = 0;
  while (level < 7 && s >= kBounds[level]) ++level;
  return level * 2 + (p >= kProbabilityOne / 2);
}

// A probability as two inputs: log odds, and itself about one half.
void add_inputs(int32_t* in, uint32_t p) {
  in[0] = stretch(p);
  in[1] =
      kWithout & kProbabilityInputPart ? 0 : (static_cast<int32_t>(p) - kProbabilityOne / 2) >> 5;
}

// The same of a bit that is expected with probability p.
void add_expected(int32_t* in, uint32_t p, uint32_t bit) {
  add_inputs(in, p);
  if (bit == 0) {
    in[0] = -in[0];
    in[1] = -in[1];
  }
}

}  // namespace

MixingModel::MixingModel(int memory_bits, bool with_tokens)
    : with_tokens_(with_tokens),
      contexts_(with_tokens ? kTokenContexts : kByteContexts),
      slots_(memory_bits - 1),
      history_(memory_bits - 2),
      short_matches_(5, std::min(memory_bits - 6, 22)),
      long_matches_(14, std::min(memory_bits - 6, 22)),
      end_cells_(size_t{1} << std::min(memory_bits - 6, 20)),
      mixer_(kSetContexts, kFinalContexts, initial_weights(contexts_)),
      network_by_byte_(with_tokens ? kMixedContexts : 1, kNetworkLimit),
      network_by_match_(with_tokens ? kMixedContexts : 1, kNetworkLimit),
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
  prefetched_ = 0;
  for (LaneContexts& lane : lanes_) {
    lane.position = written_;
    written_ += lane_bytes;
  }
  // A byte touches some 40 pages. So even a short text touches them all, and an interrupt for each
  // takes longer than everything else; only a very short one is done before.
  constexpr uint32_t kVeryShortText = 128;
  if (written_ > kVeryShortText && !large_pages_) {
    slots_.use_large_pages();
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

uint32_t MixingModel::match_bucket() const {
  if (!match_learned_[0] && !match_learned_[1]) return 0;
  const LaneContexts& c = *lane_;
  return short_matches_.bucket(c.long_match.length > 0 ? c.long_match : c.short_match);
}

void MixingModel::add_match_inputs() {
  const MatchModel::Follower* const followers[] = {&lane_->short_match, &lane_->long_match};
  MatchModel* const models[] = {&short_matches_, &long_matches_};
  const int done = 31 - __builtin_clz(partial_);
  for (size_t i = 0; i < 2; ++i) {
    int32_t* const in = mixer_.inputs() + 2 * contexts_ + kMatchInput + 2 * i;
    match_learned_[i] = nullptr;
    in[0] = in[1] = 0;
    if (followers[i]->length == 0 || (kWithout & kShortMatchPart << i)) continue;
    const uint32_t expected = history_.at(followers[i]->at) | 0x100;
    if (expected >> (8 - done) != partial_) continue;  // it has erred in this byte
    match_expects_[i] = expected >> (7 - done) & 1;
    match_learned_[i] = &models[i]->agrees(models[i]->bucket(*followers[i]), done > 0);
    add_expected(in, match_learned_[i]->p16(), match_expects_[i]);
  }
}

void MixingModel::add_network_inputs(uint32_t network_p, uint32_t byte_context,
                                     uint32_t match_context) {
  int32_t* const in = mixer_.inputs() + 2 * contexts_;
  in[kConstantInput] = 256;
  if (!with_tokens_) return;
  add_inputs(in + kNetworkInput, network_p);
  const int32_t s = in[kNetworkInput];
  if (kWithout & kNetworkRefinedPart) return;
  in[kRefinedInput] = stretch(network_by_byte_.refine(byte_context % kMixedContexts, s));
  in[kRefinedInput + 1] = stretch(network_by_match_.refine(match_context % kMixedContexts, s));
}

// Returns how many of the longer contexts were seen before.
uint32_t MixingModel::gather_byte_inputs(uint32_t network_p) {
  int32_t* const in = mixer_.inputs();
  const size_t longer = with_tokens_ ? 1 : 3;
  uint32_t known = 0;
  // Without branches: whether a context has been seen cannot be predicted.
  for (size_t i = 0; i < contexts_; ++i) {
    const uint8_t state = kWithout >> i & 1 ? 0 : slot_[i][node_];
    state_[i] = state;
    add_inputs(in + 2 * i, learned_[i][state].p16());
  }
  for (size_t i = longer; i < longer + 6; ++i) known += state_[i] != 0;
  add_match_inputs();
  const LaneContexts& c = *lane_;
  const MatchModel::Follower& f = c.long_match.length > 0 ? c.long_match : c.short_match;
  const uint32_t expected = f.length > 0 ? history_.at(f.at) | std::min(f.length, 31u) << 8 : 0;
  add_network_inputs(network_p, hash2(c.byte(0), partial_),
                     f.length > 0 ? hash2(expected, partial_) : partial_);
  return known;
}

uint32_t MixingModel::predict(uint32_t network_p) {
  const uint32_t two_bytes = hash2(lane_->byte(0), partial_);
  by_two_bytes_.prefetch(two_bytes % kMixedContexts);
  const uint32_t known = gather_byte_inputs(network_p);
  const uint32_t bit = 31 - static_cast<uint32_t>(__builtin_clz(partial_));
  const LaneContexts& c = *lane_;
  uint32_t sets[kMixerSets] = {};
  sets[kByMatch] = match_bucket();
  sets[kByPartialByte] = partial_;
  sets[kByLastByte] = c.byte(0);
  sets[kByNetwork] = with_tokens_ ? certainty(network_p) * 4 + std::min(c.prefix_bytes, 3u) : bit;
  sets[kByKnownContexts] = known * 8 + bit;
  sets[kByToken] = c.token_before % 512;
  const uint32_t final_context = known * 8 + (with_tokens_ ? certainty(network_p) / 2 : 0);
  const uint32_t p = refined(mixer_.mix(sets, final_context), partial_, two_bytes);
  if (partial_ >= 8 && partial_ < 16) prefetch_slots(partial_ << 1 | (p >= kProbabilityOne / 2));
  return p;
}

// The mean of the mix, twice, and two refinements of it.
uint32_t MixingModel::refined(int32_t mixed, uint32_t context, uint32_t longer_context) {
  if (kWithout & kRefinedPart) return squash(mixed);
  const uint32_t sum = 2 * squash(mixed) + by_byte_.refine(context, mixed) +
                       by_two_bytes_.refine(longer_context % kMixedContexts, mixed);
  return std::clamp<uint32_t>((sum + 2) / 4, 1, kProbabilityOne - 1);
}

void MixingModel::learn_shared(uint32_t bit) {
  const int32_t first = kFirstRate >> std::min(decisions_ >> kRateHalves, 31u);
  if (decisions_ < 1u << 31) ++decisions_;
  mixer_.learn(bit, kRate + first, kFinalRate);
  by_byte_.update(bit);
  by_two_bytes_.update(bit);
  if (with_tokens_) {
    network_by_byte_.update(bit);
    network_by_match_.update(bit);
  }
  for (size_t i = 0; i < 2; ++i) {
    if (match_learned_[i]) match_learned_[i]->update(match_expects_[i] == bit, kMatchLimit);
  }
}

void MixingModel::learn(uint32_t bit) {
  learn_shared(bit);
  for (size_t i = 0; i < contexts_; ++i) {
    AdaptiveProbability& p = learned_[i][state_[i]];
    AdaptiveProbability moved = p;
    moved.update(bit, kHistoryLimit);
    p = state_[i] != 0 ? moved : p;
    uint8_t& state = slot_[i][node_];  // not state_[i]: two contexts may share a slot
    state = next_history(state, bit);
  }
  begin_next_bit(bit);
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

// ---- The decision "the token ends here" ----

uint32_t MixingModel::gather_end_inputs() {
  const LaneContexts& c = *lane_;
  const uint32_t low = static_cast<uint32_t>(c.recent),
                 high = static_cast<uint32_t>(c.recent >> 32);
  const uint32_t keys[kEndContexts] = {
      hash2(c.prefix_hash, 1),
      hash2(c.prefix_hash, c.token_before + 2),
      hash2(hash2(c.prefix_hash, c.token_before), c.token_before_that + 3),
      hash2(hash2(low & 0xffffff, c.prefix_bytes), 4),
      hash2(hash2(low, c.prefix_bytes), hash2(high & 0xffff, 5)),
      hash2(hash2(c.prefix_hash, c.word), c.word_before + 6),
  };
  int32_t* const in = mixer_.inputs();
  std::fill(in, in + kMixerInputs, 0);
  uint32_t known = 0;
  for (size_t i = 0; i < kEndContexts; ++i) {
    Cell& cell = end_cells_[keys[i] % end_cells_.size()];
    const uint8_t check = static_cast<uint8_t>(keys[i] >> 24);
    if (cell.check != check) cell = {check, 0};
    end_cell_[i] = &cell;
    if (cell.history == 0 || (kWithout & kEndPart)) continue;
    add_inputs(in + 2 * i, end_learned_[i][cell.history].p16());
    ++known;
  }
  add_end_match_inputs();
  return known;
}

void MixingModel::add_end_match_inputs() {
  const MatchModel::Follower* const followers[] = {&lane_->short_match, &lane_->long_match};
  MatchModel* const models[] = {&short_matches_, &long_matches_};
  for (size_t i = 0; i < 2; ++i) {
    match_learned_[i] = nullptr;
    if (followers[i]->length == 0) continue;
    match_expects_[i] = history_.token_ended_after(followers[i]->at - 1);
    match_learned_[i] = &models[i]->end_agrees(models[i]->bucket(*followers[i]), match_expects_[i]);
    add_expected(mixer_.inputs() + 2 * contexts_ + kMatchInput + 2 * i, match_learned_[i]->p16(),
                 match_expects_[i]);
  }
}

uint32_t MixingModel::predict_end(uint32_t network_p) {
  const LaneContexts& c = *lane_;
  const uint32_t known = gather_end_inputs();
  const uint32_t place = std::min(c.prefix_bytes, 255u);
  const uint32_t last_three = static_cast<uint32_t>(c.recent) & 0xffffff;
  add_network_inputs(network_p, hash2(c.prefix_hash, 11), hash2(last_three, c.prefix_bytes));
  uint32_t sets[kMixerSets] = {};
  sets[kByMatch] = kBuckets + match_bucket();
  sets[kByPartialByte] = 256 + place;
  sets[kByLastByte] = 256 + c.byte(0);
  sets[kByNetwork] = kLevels * 4 + certainty(network_p) * 4 + std::min(place, 4u) - 1;
  sets[kByKnownContexts] = 128 + known * 8;
  sets[kByToken] = 512 + c.token_before % 512;
  const int32_t mixed = mixer_.mix(sets, 64 + known * 8 + certainty(network_p) / 2);
  return refined(mixed, 256 + place, hash2(c.prefix_hash, 9));
}

void MixingModel::learn_end(bool ended) {
  const uint32_t bit = ended;
  learn_shared(bit);
  for (size_t i = 0; i < kEndContexts; ++i) {
    uint8_t& history = end_cell_[i]->history;
    if (history != 0) end_learned_[i][history].update(bit, kHistoryLimit);
    history = next_history(history, bit);
  }
}

void MixingModel::end_token(uint32_t token) {
  history_.mark_token_end(lane_->position - 1);
  lane_->end_token(token);
}

}  // namespace llmz::mix
