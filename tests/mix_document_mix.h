// SPDX-License-Identifier: Apache-2.0
// The mix of bytes and the mix with tokens beside a network: docs/mixing.md, "Specification of the
// mix", from "Contexts" to "Token ends". Names are the document's.
#pragma once

#include "mix_document_lane.h"
#include "mix_document_mixer.h"

namespace llmz::mix_document {

class Mix {
 public:
  // m: the memory setting.
  Mix(int m, bool with_tokens, const Tables& tables)
      : tokens_(with_tokens),
        contexts_(with_tokens ? 15 : 18),
        slots_(1u << (m - 1)),
        ring_(1u << (m - 2)),
        short_index_(std::min(m - 6, 22), 5),
        long_index_(std::min(m - 6, 22), 14),
        cells_(size_t{1} << std::min(m - 6, 20)),
        mixer_(with_tokens, contexts_, tables) {
    by_history_.resize(contexts_);
  }

  // History: begin lanes.
  void begin_lanes(uint32_t source, uint32_t lanes, uint32_t room) {
    lanes_.assign(lanes, Lane(lanes_[source]));
    for (Lane& lane : lanes_) {
      lane.position = written_;
      written_ += room;
    }
  }

  void begin_byte(uint32_t lane) {
    lane_ = &lanes_[lane];
    set_keys();
    partial_ = 1;
    find_slots();
  }
  uint32_t predict(uint32_t network_p);
  void learn(uint32_t bit) {
    learn_shared(bit);
    for (size_t i = 0; i < contexts_; ++i) {
      if (history_[i] != 0) by_history_[i][history_[i]].update(bit, 255);
    }
    skip(bit);
  }
  // A bit of a byte without choice.
  void skip(uint32_t bit) {
    for (size_t i = 0; i < contexts_; ++i) {
      uint8_t& history = slot_[i][node_];
      history = kHistories.next(history, bit);
    }
    partial_ = 2 * partial_ + bit;
    node_ = 2 * node_ + 1 + bit;
    if (partial_ >= 16 && partial_ < 32) find_slots();
  }
  void end_byte(uint8_t byte) {
    mix_document::end_byte(*lane_, byte, ring_, short_index_, long_index_);
  }

  uint32_t predict_end(uint32_t network_p);
  void learn_end(uint32_t bit) {
    learn_shared(bit);
    for (size_t i = 0; i < 6; ++i) {
      uint8_t& history = cell_[i]->history;
      if (history != 0) by_end_history_[i][history].update(bit, 255);
      history = kHistories.next(history, bit);
    }
  }
  void end_token(uint32_t id) { mix_document::end_token(*lane_, id, ring_); }

  // Beside the rich mix: the one lane, in which no byte begins.
  const Lane& only_lane() {
    lane_ = &lanes_[0];
    return *lane_;
  }

 private:
  // Contexts: probabilities by history.
  struct ByHistory : std::array<Probability, 256> {
    ByHistory() {
      for (size_t i = 1; i < kHistories.size(); ++i) (*this)[i] = Probability(kHistories.start(i));
    }
  };
  struct Cell {
    uint8_t check = 0, history = 0;
  };
  // What is learned of a follower's expectation, and what it is.
  struct Expected {
    std::array<std::array<Probability, 2>, 15> in_byte, at_end;
    Probability* probability = nullptr;  // null: it expects nothing
    uint32_t expected = 0;
  };
  void set_keys();
  void find_slots() {
    node_ = 0;
    for (size_t i = 0; i < contexts_; ++i)
      slot_[i] = slots_.find(partial_ == 1 ? key_[i] : hash(key_[i], partial_));
  }

  // Inputs.
  void pair(size_t i, const Probability& probability, bool negated = false) {
    const int32_t sign = negated ? -1 : 1;
    mixer_.X[i] = sign * stretch(probability.p());
    mixer_.X[i + 1] = sign * static_cast<int32_t>((probability.p() - 32768) >> 5);
  }
  void expectation_inputs() {
    for (size_t i = 0; i < 2; ++i) {
      if (expected_[i].probability)
        pair(2 * contexts_ + 2 * i, *expected_[i].probability, expected_[i].expected == 0);
    }
  }
  void network_inputs(uint32_t network_p, uint32_t n1_context, uint32_t n2_context) {
    mixer_.X[2 * contexts_ + 6] = 256;
    if (!tokens_) return;
    const int32_t x = stretch(network_p);
    pair(2 * contexts_ + 4, Probability(network_p));
    mixer_.X[2 * contexts_ + 7] = stretch(n1_.refine(n1_context % 4096, x));
    mixer_.X[2 * contexts_ + 8] = stretch(n2_.refine(n2_context % 4096, x));
  }

  // Mixer.
  uint32_t M() const {
    if (!expected_[0].probability && !expected_[1].probability) return 0;
    return lane_->longer().bucket();
  }

  // Stages.
  uint32_t refined(int64_t mixed, uint32_t a_context, uint32_t b_context) {
    const int64_t a = a_.refine(a_context, mixed), b = b_.refine(b_context % 4096, mixed);
    return static_cast<uint32_t>(clamp((2 * squash(mixed) + a + b + 2) >> 2, 1, 65535));
  }

  // Learning, up to the expectations.
  void learn_shared(uint32_t bit) {
    mixer_.learn(bit);
    a_.update(bit);
    b_.update(bit);
    if (tokens_) n1_.update(bit);
    if (tokens_) n2_.update(bit);
    for (Expected& e : expected_) {
      if (e.probability) e.probability->update(e.expected == bit, 1023);
    }
  }

  const bool tokens_;
  const size_t contexts_;  // C
  Slots slots_;
  Ring ring_;
  FollowerIndex short_index_, long_index_;
  std::vector<Cell> cells_;
  std::vector<ByHistory> by_history_;
  std::array<ByHistory, 6> by_end_history_;
  std::array<Expected, 2> expected_;  // of the short follower, of the long one
  Mixer mixer_;
  Stage a_{512, 1023}, b_{4096, 1023}, n1_{4096, 255}, n2_{4096, 255};
  std::vector<Lane> lanes_{Lane()};
  uint32_t written_ = 1;

  // Of the byte in hand.
  Lane* lane_ = nullptr;
  std::array<uint32_t, 18> key_{};
  std::array<uint8_t*, 18> slot_{};
  uint32_t partial_ = 1, node_ = 0;
  // Of the decision in hand.
  std::array<uint8_t, 18> history_{};
  std::array<Cell*, 6> cell_{};
};

// Contexts.
inline void Mix::set_keys() {
  const Lane& l = *lane_;
  const uint32_t low = l.low, high = l.high, c = l.last(), place = std::min(l.length, 3u);
  const uint32_t x = ring_[l.above], y = ring_[l.above + 1], field = std::min(l.field, 255u);
  std::vector<uint32_t> keys;
  if (tokens_) {
    const uint32_t two = hash(l.prefix, l.t1);
    keys = {hash(c, place),  hash(low & 0xffffff, place), hash(low, place), hash(l.prefix, l.t1),
            hash(two, l.t2), hash(two, hash(l.t2, l.t3))};
  } else {
    keys = {hash(0, 0),
            hash(c, 0),
            hash(low & 0xffff, 0),
            hash(low & 0xffffff, 0),
            hash(low, 0),
            hash(low, high & 0xff),
            hash(low, high & 0xffff),
            hash(low & 0xff0000, 7),
            hash(low & 0xff00ff, std::min(l.column, 255u))};
  }
  for (uint32_t key :
       {hash(low, high), hash(l.w, c), hash(l.w, hash(l.w1, c)), hash(l.w, hash(l.w2, 256 + c)),
        hash(hash(l.w, l.w1), hash(l.w2, c)), hash(x | y << 8, c), hash(x | field << 8, l.w),
        hash(hash(l.field, l.line_hash), c), hash(low & 0xffff00, 5)})
    keys.push_back(key);
  for (uint32_t i = 0; i < contexts_; ++i) key_[i] = hash(keys[i], i + 1);
}

// A decision in a byte.
inline uint32_t Mix::predict(uint32_t network_p) {
  const Lane& l = *lane_;
  const uint32_t c = l.last(), done = bits_done(partial_);
  std::fill(mixer_.X.begin(), mixer_.X.end(), 0);
  uint32_t known = 0;
  const size_t first_known = tokens_ ? 2 : 4;  // contexts 2 to 7, 4 to 9
  for (size_t i = 0; i < contexts_; ++i) {
    history_[i] = slot_[i][node_];
    pair(2 * i, by_history_[i][history_[i]]);
    known += history_[i] != 0 && i + 1 >= first_known && i + 1 <= first_known + 5;
  }
  for (size_t i = 0; i < 2; ++i) {
    const Follower& follower = i == 0 ? l.short_follower : l.long_follower;
    Expected& e = expected_[i];
    e.probability = nullptr;
    if (follower.length == 0 || !begins_with(ring_[follower.at], partial_)) continue;
    e.expected = next_bit(ring_[follower.at], partial_);
    e.probability = &e.in_byte[follower.bucket()][done > 0];
  }
  expectation_inputs();
  const Follower& longer = l.longer();
  const uint32_t n2_context =
      longer.length > 0 ? hash(ring_[longer.at] | std::min(longer.length, 31u) << 8, partial_)
                        : partial_;
  network_inputs(network_p, hash(c, partial_), n2_context);
  const uint32_t cert = tokens_ ? certainty(network_p) : 0;
  const int64_t mixed =
      mixer_.mix({M(), partial_, c, tokens_ ? 4 * cert + std::min(l.length, 3u) : done,
                  8 * known + done, l.t1 % 512},
                 8 * known + (cert >> 1));
  return refined(mixed, partial_, hash(c, partial_));
}

// Token ends.
inline uint32_t Mix::predict_end(uint32_t network_p) {
  const Lane& l = *lane_;
  const uint32_t keys[] = {hash(l.prefix, 1),
                           hash(l.prefix, l.t1 + 2),
                           hash(hash(l.prefix, l.t1), l.t2 + 3),
                           hash(hash(l.low & 0xffffff, l.length), 4),
                           hash(hash(l.low, l.length), hash(l.high & 0xffff, 5)),
                           hash(hash(l.prefix, l.w), l.w1 + 6)};
  std::fill(mixer_.X.begin(), mixer_.X.end(), 0);
  uint32_t known = 0;
  for (size_t i = 0; i < 6; ++i) {
    Cell& cell = cells_[keys[i] % cells_.size()];
    const uint8_t check = static_cast<uint8_t>(keys[i] >> 24);
    if (cell.check != check) cell = {check, 0};
    cell_[i] = &cell;
    if (cell.history == 0) continue;
    pair(2 * i, by_end_history_[i][cell.history]);
    ++known;
  }
  for (size_t i = 0; i < 2; ++i) {
    const Follower& follower = i == 0 ? l.short_follower : l.long_follower;
    Expected& e = expected_[i];
    e.expected = ring_.mark(follower.at - 1);
    e.probability = follower.length > 0 ? &e.at_end[follower.bucket()][e.expected] : nullptr;
  }
  expectation_inputs();
  network_inputs(network_p, hash(l.prefix, 11), hash(l.low & 0xffffff, l.length));
  const uint32_t cert = certainty(network_p), longer = 256 + std::min(l.length, 255u);
  const int64_t mixed =
      mixer_.mix({16 + M(), longer, 256 + l.last(), 64 + 4 * cert + std::min(l.length, 4u) - 1,
                  128 + 8 * known, 512 + l.t1 % 512},
                 64 + 8 * known + (cert >> 1));
  return refined(mixed, longer, hash(l.prefix, 9));
}

}  // namespace llmz::mix_document
