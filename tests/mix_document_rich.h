// SPDX-License-Identifier: Apache-2.0
// The rich mix: docs/mixing.md, "Specification of the rich mix", from "Contexts" to "Learning".
// Names are the document's.
#pragma once

#include "mix_document_expectations.h"

namespace llmz::mix_document {

// Contexts: the keys, in order.
inline std::vector<uint32_t> rich_keys(const Text& s, const Expectations& expectations) {
  const auto e = [&](size_t i) { return expectations[i].valid ? expectations[i].byte : 256; };
  const auto t = [&](size_t i) {
    const Expectation& x = expectations[i];
    return x.valid ? std::min(x.length, 15u) / 2 + 8 * (x.errors & 1) : 16;
  };
  const auto a = [&](size_t i) {
    return expectations[i].valid ? s.ring[expectations[i].at + 1] : 256;
  };
  const auto low = [&](uint32_t n) { return s.low(n); };
  const uint32_t equal = std::min(expectations[3].length, 15u) == std::min(s.token_bytes, 15u);
  std::vector<uint32_t> rows{
      0,
      low(1),
      low(2),
      low(3),
      low(4),
      hash(low(4), s.high & 0xffff),
      hash(low(4), s.high),
      low(2) >> 8,
      low(3) >> 8,
      low(4) >> 16,
      low(4) & 0xff00ff,
      hash(s.word, low(1)),
      hash(s.word, s.word1, low(1)),
      hash(s.word, s.word1, s.word2, low(1)),
      hash(s.word, s.word2, low(1)),
      hash(s.token, low(1)),
      hash(s.token, s.token1, low(1)),
      hash(s.token, s.masked1, low(1)),
      hash(s.token, s.masked1, s.masked2, low(1)),
      hash(hash(s.token, s.masked1, s.masked2), s.masked3, low(1)),
      s.line,
      hash(s.shape, s.token),
      hash(s.shape, s.token_bytes, e(3)),
      hash(s.field, s.first_token, s.token),
      hash(s.cell, s.cell_hash),
      hash(s.cell, low(2)),
      s.column,
      hash(s.key, s.value),
      hash(s.key, s.parent(), s.value),
      hash(s.parent(), s.token, low(1)),
      hash(s.indent, low(1), s.in_indent),
      hash(s.string, s.in_string),
      hash(s.classes & 0xffff, low(1)),
      hash(s.number, s.digits, s.masked1),
      hash(e(2), t(2), low(1)),
      hash(e(0), t(0), low(2)),
      hash(e(3), t(3), low(1)),
      hash(e(3), e(6), e(4), s.token_bytes),
      hash(e(3), a(3), equal, s.token_bytes),
      hash(e(4), t(4), low(1)),
      hash(e(5), t(5), low(1)),
      hash(e(7), a(7), low(1)),
      hash(e(7), s.field, s.token),
      hash(e(0), e(2), e(3), e(4)),
  };
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = hash(rows[i], i + 1);
  return rows;
}

class RichMix {
 public:
  // m: the memory setting.
  RichMix(int m, const Tables& tables)
      : text_(m), expectations_(m), slots_(1u << m), runs_(size_t{1} << (m - 5)) {
    begin_contexts(tables);
    begin_expectations(tables);
    begin_weights();
    begin_byte();
  }
  uint32_t predict();
  void learn(uint32_t bit);

 private:
  static constexpr size_t kContexts = 44, kInputs = 160;
  // Of each context: runs.
  struct Run {
    uint32_t check = 0, byte = 0, count = 0;
  };
  struct Context {
    std::array<Probability, 256> by_history;
    std::array<Probability, 128> by_run;
    uint32_t key = 0;
    Run* run = nullptr;
    uint8_t* slot = nullptr;
    uint8_t history = 0;
    uint32_t run_index = 0, run_bit = 0;
  };
  // What is learned of an expectation, and what it says.
  struct Learned {
    std::array<std::array<Probability, 2>, 256> by_confidence;
    std::vector<std::array<std::array<Probability, 4>, 8>> by_byte{256};
    bool has_inputs = false;
    Probability *confidence = nullptr, *byte = nullptr;
    uint32_t bit = 0;
  };
  struct Row {
    Numbers weights;
    uint32_t learned = 0;
  };
  struct Set {
    std::vector<Row> rows;
    Row* selected = nullptr;
    int32_t d = 0;
  };
  // Mixer: what sets and stages go by.
  struct Selectors {
    bool agrees = false;
    uint32_t best_byte = 0, bit = 0, confidence = 0, sayings = 0, known = 0;
  };

  void begin_contexts(const Tables& tables);
  void begin_expectations(const Tables& tables);
  void begin_weights();
  void begin_byte();
  void end_byte(uint8_t b);
  void find_slots();
  uint32_t context_inputs();
  void expectation_inputs();
  Selectors selectors(uint32_t known) const;
  void select_rows(const Selectors& s);
  void learn_weights(uint32_t bit);
  void learn_contexts(uint32_t bit);

  Text text_;
  Expectations expectations_;
  Slots slots_;
  std::vector<Run> runs_;
  std::array<Context, kContexts> contexts_;
  std::array<Learned, 8> learned_;
  std::array<Set, 11> sets_;
  std::array<Set, 3> finals_;
  std::array<Stage, 5> stages_{Stage(768, 1023), Stage(1 << 13, 1023), Stage(1 << 13, 1023),
                               Stage(1 << 13, 1023), Stage(1 << 13, 1023)};
  uint32_t place_ = 0, partial_ = 1, node_ = 0;
  Numbers inputs_ = Numbers(kInputs), d_ = Numbers(11);
};

// Of each context: start values.
inline void RichMix::begin_contexts(const Tables& tables) {
  const Numbers &histories = tables.at("Histories"), &runs = tables.at("Runs");
  for (Context& context : contexts_) {
    for (size_t i = 1; i < 256; ++i) context.by_history[i] = Probability(squash(histories[i]), 20);
    for (size_t i = 2; i < 128; ++i) context.by_run[i] = Probability(squash(runs[i]), 20);
  }
}

// Inputs: start values.
inline void RichMix::begin_expectations(const Tables& tables) {
  for (size_t e = 0; e < 8; ++e) {
    const Numbers& start = tables.at(e < 3 ? "Expectations 0 to 2" : "Expectations 3 to 7");
    for (size_t i = 0; i < 512; ++i)
      learned_[e].by_confidence[i / 2][i % 2] = Probability(squash(start[i]), 20);
  }
}

// Mixer: start weights.
inline void RichMix::begin_weights() {
  Row row;
  row.weights.resize(kInputs);
  for (size_t i = 0; i < kContexts; ++i) {
    row.weights[3 * i] = 1500;
    row.weights[3 * i + 2] = 800;
  }
  for (size_t i = 0; i < 8; ++i) row.weights[3 * (kContexts + i)] = 3000;
  const size_t rows[] = {256, 256, 256, 768, 256, 512, 512, 1024, 729, 512, 2048};
  for (size_t s = 0; s < 11; ++s) sets_[s].rows.assign(rows[s], row);
  row.weights.assign(11, 5957);
  const size_t final_rows[] = {256, 729, 2048};
  for (size_t f = 0; f < 3; ++f) finals_[f].rows.assign(final_rows[f], row);
}

inline void RichMix::begin_byte() {
  partial_ = 1;
  place_ = hash(text_.masked1, text_.shape, std::min(text_.token_bytes, 15u));
  const std::vector<uint32_t> keys = rich_keys(text_, expectations_);
  for (size_t i = 0; i < kContexts; ++i) {
    contexts_[i].key = keys[i];
    contexts_[i].run = &runs_[keys[i] % runs_.size()];
    const uint32_t check = keys[i] >> 16;
    if (contexts_[i].run->check != check) *contexts_[i].run = {check, 0, 0};
  }
  find_slots();
}

inline void RichMix::end_byte(uint8_t b) {
  for (Context& context : contexts_) {
    Run& run = *context.run;
    run.count = run.byte == b ? std::min(run.count + 1, 255u) : 1;
    run.byte = b;
  }
  text_.add(b);
  expectations_.add(b, text_);
  begin_byte();
}

inline void RichMix::find_slots() {
  node_ = 0;
  for (Context& context : contexts_)
    context.slot = slots_.find(partial_ == 1 ? context.key : hash(context.key, partial_));
}

// Inputs, of contexts. Returns known.
inline uint32_t RichMix::context_inputs() {
  uint32_t seen = 0;
  for (size_t i = 0; i < kContexts; ++i) {
    Context& c = contexts_[i];
    c.history = c.slot[node_];
    const int64_t p = c.by_history[c.history].p();
    const bool agrees = begins_with(c.run->byte, partial_);
    c.run_index = agrees ? 2 * std::min(c.run->count, 63u) + (partial_ > 1) : 0;
    c.run_bit = next_bit(c.run->byte, partial_);
    const int32_t of_run = stretch(c.by_run[c.run_index].p());
    inputs_[3 * i] = stretch(p);
    inputs_[3 * i + 1] = static_cast<int32_t>((p - 32768) >> 5);
    inputs_[3 * i + 2] = c.run_bit ? of_run : -of_run;
    seen += c.history != 0;
  }
  return std::min(seen / 4, 15u);
}

// Inputs, of expectations, and the constant.
inline void RichMix::expectation_inputs() {
  for (size_t i = 0; i < 8; ++i) {
    const Expectation& e = expectations_[i];
    Learned& learned = learned_[i];
    int32_t* const to = &inputs_[3 * (kContexts + i)];
    std::fill(to, to + 3, 0);
    learned.has_inputs = e.valid && begins_with(e.byte, partial_);
    if (!learned.has_inputs) continue;
    learned.bit = next_bit(e.byte, partial_);
    learned.confidence = &learned.by_confidence[confidence(e)][partial_ > 1];
    learned.byte = &learned.by_byte[e.byte][bits_done(partial_)][std::min(e.length / 4, 3u)];
    const int64_t p = learned.confidence->p();
    const int32_t sign = learned.bit ? 1 : -1;
    to[0] = sign * stretch(p);
    to[1] = sign * static_cast<int32_t>((p - 32768) >> 5);
    to[2] = sign * stretch(learned.byte->p());
  }
  inputs_[3 * (kContexts + 8)] = 256;
}

inline RichMix::Selectors RichMix::selectors(uint32_t known) const {
  Selectors s;
  s.known = known;
  if (const Expectation* best = expectations_.best()) {
    s.agrees = begins_with(best->byte, partial_);
    s.best_byte = best->byte;
    s.bit = s.agrees ? 1 + next_bit(best->byte, partial_) : 0;
    s.confidence = confidence(*best);
  }
  for (size_t i : {0, 2, 3, 4, 6, 7})
    s.sayings = 3 * s.sayings + (learned_[i].has_inputs ? 1 + learned_[i].bit : 0);
  return s;
}

// Mixer: the table of rows; the rows of the final sets.
inline void RichMix::select_rows(const Selectors& s) {
  const uint32_t done = bits_done(partial_), last = text_.low(1);
  const uint32_t rows[] = {
      s.confidence,
      partial_,
      last,
      3 * (text_.low(2) >> 8) + s.bit,
      16 * s.known + std::min(text_.token_bytes, 15u),
      8 * std::min(text_.field, 63u) + done,
      s.agrees ? 256 + s.best_byte : 0,
      4 * (text_.classes & 255) + (text_.classes >> 8 & 3),
      s.sayings,
      4 * (text_.key & 127) + 2 * (text_.token_bytes == 0) + (text_.depth > 1),
      place_ & 2047,
  };
  const uint32_t final_rows[] = {partial_, s.sayings,
                                 128 * (s.confidence / 16) + 8 * s.known + done};
  for (size_t i = 0; i < 11; ++i) sets_[i].selected = &sets_[i].rows[rows[i]];
  for (size_t i = 0; i < 3; ++i) finals_[i].selected = &finals_[i].rows[final_rows[i]];
}

// Stages.
inline uint32_t RichMix::predict() {
  const uint32_t known = context_inputs();
  expectation_inputs();
  const Selectors s = selectors(known);
  select_rows(s);
  for (size_t i = 0; i < 11; ++i)
    d_[i] = sets_[i].d = static_cast<int32_t>(opinion(sets_[i].selected->weights, inputs_));
  int64_t mixed = 0;
  for (Set& set : finals_)
    mixed += set.d = static_cast<int32_t>(opinion(set.selected->weights, d_));
  mixed /= 3;
  const uint32_t contexts[] = {
      partial_ + 256 * s.bit, hash(text_.low(1), partial_) % (1 << 13),
      hash(text_.low(2), partial_) % (1 << 13),
      hash(s.agrees ? s.best_byte + 1 : 0, s.confidence / 16, partial_) % (1 << 13),
      hash(place_, partial_) % (1 << 13)};
  int64_t sum = squash(mixed) + 3;
  for (size_t i = 0; i < 5; ++i) sum += stages_[i].refine(contexts[i], mixed);
  return static_cast<uint32_t>(clamp(sum / 6, 1, 65535));
}

// Learning.
inline void RichMix::learn(uint32_t bit) {
  learn_weights(bit);
  for (Stage& stage : stages_) stage.update(bit);
  for (Learned& learned : learned_) {
    if (!learned.has_inputs) continue;
    learned.confidence->update(learned.bit == bit, 1023);
    learned.byte->update(learned.bit == bit, 1023);
  }
  learn_contexts(bit);
  partial_ = 2 * partial_ + bit;
  node_ = 2 * node_ + 1 + bit;
  if (partial_ >= 256) {
    end_byte(static_cast<uint8_t>(partial_));
  } else if (partial_ >= 16 && partial_ < 32) {
    find_slots();
  }
}

inline void RichMix::learn_weights(uint32_t bit) {
  for (Set& set : sets_) {
    Row& row = *set.selected;
    const int64_t moved = step(bit, squash(set.d), 60 + 300 * 1024 / (1024 + row.learned));
    if (row.learned < 65535) ++row.learned;
    if (std::abs(moved) >= 8) mix_document::learn(row.weights, inputs_, moved);
  }
  for (Set& set : finals_)
    mix_document::learn(set.selected->weights, d_, step(bit, squash(set.d), 250));
}

inline void RichMix::learn_contexts(uint32_t bit) {
  for (size_t i = 0; i < kContexts; ++i) {
    Context& c = contexts_[i];
    if (c.history != 0) c.by_history[c.history].update(bit, 255);
    if (c.run_index > 1) c.by_run[c.run_index].update(c.run_bit == bit, 255);
    uint8_t& history = c.slot[node_];
    history = kHistories.next(history, bit);
  }
}

}  // namespace llmz::mix_document
