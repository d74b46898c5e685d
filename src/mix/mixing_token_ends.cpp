// SPDX-License-Identifier: Apache-2.0
// The decision "the token ends here".
#include <algorithm>

#include "mix/bit_history.h"
#include "mix/mixing_inputs.h"
#include "mix/mixing_model.h"

namespace llmz::mix {

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
