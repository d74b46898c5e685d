// SPDX-License-Identifier: Apache-2.0
// The next bit of a byte; and what the two kinds of decisions share: inputs of matches and of the
// network, refinement, learning.
#include <algorithm>

#include "mix/bit_history.h"
#include "mix/mixing_inputs.h"
#include "mix/mixing_model.h"

namespace llmz::mix {
namespace {

constexpr int32_t kRate = 130, kFirstRate = 400, kFinalRate = 60;
constexpr uint32_t kRateHalves = 12;  // the first rate halves every 2^12 decisions
constexpr uint32_t kMatchLimit = 1023;

}  // namespace

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
  network_.add(in + kNetworkInput, in + kRefinedInput, network_p, byte_context, match_context);
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
  if (with_tokens_) network_.learn(bit);
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

}  // namespace llmz::mix
