// SPDX-License-Identifier: Apache-2.0
#include "mix/mixing_model.h"

#include "mix/bit_history.h"

#include <algorithm>
#include <cstdlib>

namespace llmz::mix {
namespace {

constexpr uint32_t kHistoryLimit = 255;  // of the count of a context's probabilities
int env(const char* n, int d) { const char* v = getenv(n); return v ? atoi(v) : d; }
const int kRate = env("M_RATE", 90), kFinalRate = env("M_FRATE", 60), kFastRate = env("M_FAST", 400), kW0 = env("M_W0", 6000), kWN = env("M_WN", 60000), kWM=env("M_WM", 10000);
const int kSmLimit = env("M_SM", 255), kApmLimit = env("M_APM", 255);
const int kDecay=env("M_DECAY", 12);

// Inputs: two for each context, two for each match, two for the network, one constant.
constexpr size_t kMatchInput(size_t contexts) { return 2 * contexts; }

std::vector<int32_t> initial_weights(size_t contexts, bool with_tokens) {
  std::vector<int32_t> w;
  for (size_t i = 0; i < contexts; ++i) {
    w.push_back(kW0);
    w.push_back(0);
  }
  for (int i = 0; i < 2; ++i) {
    w.push_back(kWM);
    w.push_back(0);
  }
  w.push_back(with_tokens ? kWN : 0);
  w.push_back(0);
  w.push_back(0);
  return w;
}

uint32_t magnitude_level(uint32_t p) {
  const int32_t s = std::abs(stretch(p));
  const uint32_t level = s < 128 ? 0 : s < 320 ? 1 : s < 512 ? 2 : s < 768 ? 3 : s < 1100 ? 4 : s < 1500 ? 5 : s < 2000 ? 6 : 7;
  return level * 2 + (p >= kProbabilityOne / 2);
}

}  // namespace

MixingModel::MixingModel(int memory_bits, bool with_tokens)
    : with_tokens_(with_tokens),
      slots_(memory_bits - 1),
      history_(memory_bits - 2),
      short_matches_(5, std::min(memory_bits - 6, 22)),
      long_matches_(14, std::min(memory_bits - 6, 22)),
      end_cells_(size_t{1} << std::min(memory_bits - 6, 20)),
      mixer_(kInputs, {32, 512, 512, 16 * 8, 128 + 16 * 8, 1024}, 64 * 2,
             initial_weights(kContexts, with_tokens)),
      network_by_byte_(1 << 14, 255), network_by_match_(1 << 14, 255),
      by_byte_(512, 1023),
      by_two_bytes_(1 << 14, 1023),
      lanes_(1) {
  for (size_t s = 0; s < 256; ++s) {
    for (auto& map : learned_) map[s] = AdaptiveProbability(kBitHistory.probability[s]);
    for (auto& map : end_learned_) map[s] = AdaptiveProbability(kBitHistory.probability[s]);
  }
}

void MixingModel::begin_lanes(uint32_t source, uint32_t lanes, uint32_t lane_bytes) {
  const LaneContexts from = lanes_[source];
  lanes_.assign(lanes, from);
  for (LaneContexts& lane : lanes_) {
    lane.position = written_;
    written_ += lane_bytes;
  }
}

void MixingModel::set_context_hashes() {
  const LaneContexts& c = *lane_;
  const uint64_t r = c.recent;
  const uint32_t low = static_cast<uint32_t>(r), high = static_cast<uint32_t>(r >> 32);
  const uint32_t start = with_tokens_ && c.prefix_bytes == 0;
  size_t n = 0;
  auto add = [&](uint32_t a, uint32_t b) {
    hashes_[n] = hash2(hash2(a, b), static_cast<uint32_t>(n + 1));
    ++n;
  };
  const uint32_t above = history_.at(c.above), above_next = history_.at(c.above + 1);
  add(0, start);
  add(low & 0xff, start);
  add(low & 0x3fff, start);
  add(low & 0xffffff, start);
  add(low, start);
  add(low, high & 0xff);
  add(low, high & 0xffff);
  add(low, high);
  add(c.word, low & 0xff);
  add(c.word, hash2(c.word_before, low & 0xff));
  add(c.word, hash2(c.word_before_that, 77 + (low & 0xff)));
  add(hash2(c.word, c.word_before), hash2(c.word_before_that, low & 0xff));
  add(above | above_next << 8, low & 0xff);
  add(above | std::min(c.field, 255u) << 8, c.word);
  add(hash2(c.field, c.line_hash), low & 0xff);
  add(low & 0xffff00, 5);
  if (with_tokens_) {
    add(c.prefix_hash, c.token_before);
    add(hash2(c.prefix_hash, c.token_before), c.token_before_that);
  } else {
    add(low & 0xff0000, 7);
    add(low & 0xff00ff, std::min(c.column, 255u));
  }
}

void MixingModel::begin_byte(uint32_t lane) {
  lane_ = &lanes_[lane];
  set_context_hashes();
  partial_ = 1;
  for (uint32_t h : hashes_) slots_.prefetch(h);
  select_slots();
}

void MixingModel::select_slots() {
  node_ = 0;
  if (partial_ == 1) {
    for (size_t i = 0; i < kContexts; ++i) slot_[i] = slots_.find(hashes_[i]);
    return;
  }
  std::array<uint32_t, kContexts> second;
  for (size_t i = 0; i < kContexts; ++i) {
    second[i] = hash2(hashes_[i], partial_);
    slots_.prefetch(second[i]);
  }
  for (size_t i = 0; i < kContexts; ++i) slot_[i] = slots_.find(second[i]);
}

void MixingModel::add_match_inputs(const MatchModel::Follower& f, MatchModel& model, size_t which) {
  int32_t* const in = mixer_.inputs() + kMatchInput(kContexts) + 2 * which;
  match_learned_[which] = nullptr;
  in[0] = in[1] = 0;
  if (f.length == 0) return;
  const uint32_t expected = history_.at(f.at) | 0x100;
  const int done = 31 - __builtin_clz(partial_);
  if (expected >> (8 - done) != partial_) return;
  const uint32_t bit = expected >> (7 - done) & 1;
  match_expects_[which] = bit;
  match_learned_[which] = &model.agrees(model.bucket(f), done > 0);
  const uint32_t p = match_learned_[which]->p16();
  const int32_t s = stretch(p);
  in[0] = bit ? s : -s;
  const int32_t linear = (static_cast<int32_t>(p) - 32768) >> 5;
  in[1] = bit ? linear : -linear;
}

uint32_t MixingModel::gather_byte_inputs(uint32_t network_p) {
  int32_t* const in = mixer_.inputs();
  uint32_t known = 0;
  for (size_t i = 0; i < kContexts; ++i) {
    const uint8_t state = slot_[i][node_];
    if (state == 0) {
      in[2 * i] = in[2 * i + 1] = 0;
      continue;
    }
    const uint32_t p = learned_[i][state].p16();
    in[2 * i] = stretch(p);
    in[2 * i + 1] = (static_cast<int32_t>(p) - 32768) >> 5;
    known += i >= 2 && i < 8;
  }
  add_match_inputs(lane_->short_match, short_matches_, 0);
  add_match_inputs(lane_->long_match, long_matches_, 1);
  in[2 * kContexts + 4] = with_tokens_ ? stretch(network_p) : 0;
  in[2 * kContexts + 5] = with_tokens_ ? (static_cast<int32_t>(network_p) - 32768) >> 5 : 0;
  in[2 * kContexts + 6] = 256;
  if (with_tokens_) {
    const int32_t s = stretch(network_p);
    in[2 * kContexts + 7] = stretch(network_by_byte_.refine(hash2(lane_->byte(0), partial_) & 0x3fff, s));
    const auto& f = lane_->long_match.length ? lane_->long_match : lane_->short_match;
    in[2 * kContexts + 8] = stretch(network_by_match_.refine(f.length ? hash2(history_.at(f.at) | std::min(f.length, 31u) << 8, partial_) & 0x3fff : partial_, s));
  }
  return known;
}

uint32_t MixingModel::predict(uint32_t network_p) {
  const uint32_t known = gather_byte_inputs(network_p);
  const MatchModel::Follower& longer = lane_->long_match.length ? lane_->long_match : lane_->short_match;
  const bool matching = match_learned_[0] || match_learned_[1];
  const uint32_t bucket = matching ? short_matches_.bucket(longer) : 0;
  const uint32_t bit = 31 - static_cast<uint32_t>(__builtin_clz(partial_));
  const uint32_t depth = std::min(lane_->prefix_bytes, 3u);
  contexts_[0] = bucket;
  contexts_[1] = partial_;
  contexts_[2] = lane_->byte(0);
  contexts_[3] = with_tokens_ ? magnitude_level(network_p) * 4 + depth : bit;
  contexts_[4] = known * 8 + bit;
  contexts_[5] = lane_->token_before & 511;
  const int32_t mixed = mixer_.mix(contexts_, with_tokens_ ? std::min(known,6u)*8 + magnitude_level(network_p) / 2 : known);
  return refine(mixed);
}

uint32_t MixingModel::refine(int32_t mixed) {
  const uint32_t p = squash(mixed);
  const uint32_t p1 = by_byte_.refine(partial_, mixed);
  const uint32_t p2 = by_two_bytes_.refine(hash2(lane_->byte(0), partial_) & 0x3fff, mixed);
  const uint32_t final = (2 * p + p1 + p2 + 2) / 4;
  return std::clamp<uint32_t>(final, 1, kProbabilityOne - 1);
}

void MixingModel::learn(uint32_t bit) {
  const int32_t extra = kFastRate >> std::min<uint32_t>(decisions_ >> kDecay, 31);
  mixer_.learn(bit, kRate + extra, kFinalRate);
  ++decisions_;
  if (with_tokens_) { network_by_byte_.update(bit); network_by_match_.update(bit); }
  by_byte_.update(bit);
  by_two_bytes_.update(bit);
  for (size_t i = 0; i < kContexts; ++i) {
    const uint8_t state = slot_[i][node_];
    if (state != 0) learned_[i][state].update(bit, static_cast<uint32_t>(kSmLimit));
  }
  for (size_t i = 0; i < 2; ++i) {
    if (match_learned_[i]) match_learned_[i]->update(match_expects_[i] == bit, 1023);
  }
  step(bit);
}

void MixingModel::skip(uint32_t bit) { step(bit); }

// The histories count every bit, also the known ones.
void MixingModel::step(uint32_t bit) {
  for (size_t i = 0; i < kContexts; ++i) {
    uint8_t& state = slot_[i][node_];
    state = next_history(state, bit);
  }
  partial_ = partial_ << 1 | bit;
  node_ = 2 * node_ + 1 + bit;
  if (partial_ >= 16 && partial_ < 32) select_slots();
}

void MixingModel::end_byte(uint8_t byte) {
  LaneContexts& c = *lane_;
  history_.write(c.position, byte);
  c.append(byte, history_);
  const uint64_t r = c.recent;
  const uint32_t low = static_cast<uint32_t>(r), high = static_cast<uint32_t>(r >> 32);
  const uint32_t short_hash = hash2(low, high & 0xff);
  short_matches_.advance(c.short_match, history_, c.position, short_hash);
  long_matches_.advance(c.long_match, history_, c.position, hash2(hash2(low, high), 14));
}

uint32_t MixingModel::predict_end(uint32_t network_p) {
  const LaneContexts& c = *lane_;
  const uint32_t low = static_cast<uint32_t>(c.recent);
  int32_t* const in = mixer_.inputs();
  std::fill(in, in + kInputs, 0);
  const uint32_t keys[kEndContexts] = {
      hash2(c.prefix_hash, 1),
      hash2(c.prefix_hash, c.token_before + 2),
      hash2(hash2(c.prefix_hash, c.token_before), c.token_before_that + 3),
      hash2(hash2(low & 0xffffff, c.prefix_bytes), 4),
      hash2(hash2(low, c.prefix_bytes), hash2(static_cast<uint32_t>(c.recent >> 32) & 0x3fff, 5)),
      hash2(hash2(c.prefix_hash, c.word), c.word_before + 6),
  };
  uint32_t known = 0;
  for (size_t i = 0; i < kEndContexts; ++i) {
    Cell& cell = end_cells_[keys[i] & (end_cells_.size() - 1)];
    const uint8_t check = static_cast<uint8_t>(keys[i] >> 24);
    if (cell.check != check) cell = {check, 0};
    end_cell_[i] = &cell;
    if (cell.history == 0) continue;
    const uint32_t p = end_learned_[i][cell.history].p16();
    in[2 * i] = stretch(p);
    in[2 * i + 1] = (static_cast<int32_t>(p) - 32768) >> 5;
    ++known;
  }
  const MatchModel::Follower* followers[2] = {&c.short_match, &c.long_match};
  MatchModel* models[2] = {&short_matches_, &long_matches_};
  uint32_t bucket = 0;
  for (size_t i = 0; i < 2; ++i) {
    match_learned_[i] = nullptr;
    const MatchModel::Follower& f = *followers[i];
    if (f.length == 0) continue;
    const bool expected = history_.token_ended_after(f.at - 1);
    bucket = models[i]->bucket(f);
    match_learned_[i] = &models[i]->end_agrees(bucket, expected);
    match_expects_[i] = expected;
    const uint32_t p = match_learned_[i]->p16();
    const int32_t s = stretch(p);
    in[2 * kContexts + 2 * i] = expected ? s : -s;
    const int32_t linear = (static_cast<int32_t>(p) - 32768) >> 5;
    in[2 * kContexts + 2 * i + 1] = expected ? linear : -linear;
  }
  in[2 * kContexts + 4] = stretch(network_p);
  in[2 * kContexts + 5] = (static_cast<int32_t>(network_p) - 32768) >> 5;
  in[2 * kContexts + 6] = 256;
  {
    const int32_t s = stretch(network_p);
    in[2 * kContexts + 7] = stretch(network_by_byte_.refine(hash2(c.prefix_hash, 11) & 0x3fff, s));
    in[2 * kContexts + 8] = stretch(network_by_match_.refine(hash2(low & 0xffffff, c.prefix_bytes) & 0x3fff, s));
  }
  contexts_[0] = 16 + bucket;
  contexts_[1] = 256 + std::min(c.prefix_bytes, 255u);
  contexts_[2] = 256 + c.byte(0);
  contexts_[3] = 64 + magnitude_level(network_p) * 4 + std::min(c.prefix_bytes, 4u) - 1;
  contexts_[4] = 128 + known * 8;
  contexts_[5] = 512 + (c.token_before & 511);
  const int32_t mixed = mixer_.mix(contexts_, 64 + known * 8 + magnitude_level(network_p) / 2);
  const uint32_t p = squash(mixed);
  partial_ = 256 + std::min(c.prefix_bytes, 255u);
  const uint32_t p1 = by_byte_.refine(partial_, mixed);
  const uint32_t p2 = by_two_bytes_.refine(hash2(c.prefix_hash, 9) & 0x3fff, mixed);
  return std::clamp<uint32_t>((2 * p + p1 + p2 + 2) / 4, 1, kProbabilityOne - 1);
}

void MixingModel::learn_end(bool ended) {
  const uint32_t bit = ended;
  const int32_t extra = kFastRate >> std::min<uint32_t>(decisions_ >> kDecay, 31);
  mixer_.learn(bit, kRate + extra, kFinalRate);
  ++decisions_;
  if (with_tokens_) { network_by_byte_.update(bit); network_by_match_.update(bit); }
  by_byte_.update(bit);
  by_two_bytes_.update(bit);
  for (size_t i = 0; i < kEndContexts; ++i) {
    Cell& cell = *end_cell_[i];
    if (cell.history != 0) end_learned_[i][cell.history].update(bit, static_cast<uint32_t>(kSmLimit));
    cell.history = next_history(cell.history, bit);
  }
  for (size_t i = 0; i < 2; ++i) {
    if (match_learned_[i]) match_learned_[i]->update(match_expects_[i] == bit, 1023);
  }
}

void MixingModel::end_token(uint32_t token) {
  history_.mark_token_end(lane_->position - 1);
  lane_->end_token(token);
}

}  // namespace llmz::mix
