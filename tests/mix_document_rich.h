// SPDX-License-Identifier: Apache-2.0
// The rich mix: docs/mixing.md, "Specification of the rich mix", from "Of each context" to
// "Learning", and "Specification of the rich mix beside the network", "Bytes"; and what is other in
// "Specification of the second rich mix". Names are the document's.
#pragma once

#include "mix_document_mixer.h"
#include "mix_document_rich_contexts.h"

namespace llmz::mix_document {

class RichMix {
 public:
  // m: the memory setting.
  RichMix(int m, const Tables& tables, bool beside_network = false, bool second = false)
      : beside_(beside_network),
        second_(second),
        text_(m),
        expectations_(m),
        slots_(1u << m),
        runs_(size_t{1} << (m - 5)),
        contexts_((second ? 42u : 44u) + (beside_network ? 3u : 0u)),
        mixer_(contexts_.size(), second ? Start{500, 1500, 500} : Start{1500, 0, 800},
               beside_network) {
    begin_contexts(tables);
    begin_expectations(tables);
  }
  // lane: that of the mix of ends, beside a network.
  void begin_byte(const Lane* lane = nullptr);
  uint32_t predict(uint32_t network_p = 32768);
  void learn(uint32_t bit);
  // A bit without choice.
  void skip(uint32_t bit);
  void end_byte(uint8_t b);

 private:
  using Start = std::array<int32_t, 3>;
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
  // Mixer: what sets and stages go by.
  struct Selectors {
    bool agrees = false;
    uint32_t best_byte = 0, bit = 0, confidence = 0, sayings = 0, known = 0;
  };

  void begin_contexts(const Tables& tables);
  void begin_expectations(const Tables& tables);
  void find_slots();
  uint32_t context_inputs();
  void expectation_inputs();
  void network_inputs(uint32_t p);
  Selectors selectors(uint32_t known) const;
  int64_t mix(const Selectors& s, uint32_t network_p);
  void learn_contexts(uint32_t bit);

  const bool beside_, second_;
  Lane lane_;  // as the byte began
  Text text_;
  Patterns patterns_;  // of the second one
  Expectations expectations_;
  Slots slots_;
  std::vector<Run> runs_;
  std::vector<Context> contexts_;
  std::array<Learned, 8> learned_;
  RichMixer mixer_;
  std::array<Stage, 5> stages_{Stage(768, 1023), Stage(1 << 13, 1023), Stage(1 << 13, 1023),
                               Stage(1 << 13, 1023), Stage(1 << 13, 1023)};
  Stage n1_{4096, 255}, n2_{4096, 255};
  uint32_t place_ = 0, partial_ = 1, node_ = 0;
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

inline void RichMix::begin_byte(const Lane* lane) {
  if (lane) lane_ = *lane;
  partial_ = 1;
  place_ = hash(text_.masked1, text_.shape, std::min(text_.token_bytes, 15u));
  const std::vector<uint32_t> keys = second_
                                         ? second_rich_keys(text_, patterns_, expectations_, lane)
                                         : rich_keys(text_, expectations_, lane);
  for (size_t i = 0; i < keys.size(); ++i) {
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
  patterns_.add_before(b, text_);
  text_.add(b);
  patterns_.add_behind(b, text_);
  expectations_.add(b, text_);
}

inline void RichMix::find_slots() {
  node_ = 0;
  for (Context& context : contexts_)
    context.slot = slots_.find(partial_ == 1 ? context.key : hash(context.key, partial_));
}

// Inputs, of contexts. Returns known.
inline uint32_t RichMix::context_inputs() {
  uint32_t seen = 0;
  for (size_t i = 0; i < contexts_.size(); ++i) {
    Context& c = contexts_[i];
    c.history = c.slot[node_];
    const int64_t p = c.by_history[c.history].p();
    const bool agrees = begins_with(c.run->byte, partial_);
    c.run_index = agrees ? 2 * std::min(c.run->count, 63u) + (partial_ > 1) : 0;
    c.run_bit = next_bit(c.run->byte, partial_);
    const int32_t of_run = stretch(c.by_run[c.run_index].p());
    mixer_.inputs[3 * i] = stretch(p);
    const int32_t if_of_one_sort = kHistories.is_of_one_sort(c.history) ? stretch(p) : 0;
    mixer_.inputs[3 * i + 1] = second_ ? if_of_one_sort : static_cast<int32_t>((p - 32768) >> 5);
    mixer_.inputs[3 * i + 2] = c.run_bit ? of_run : -of_run;
    seen += c.history != 0;
  }
  return std::min(seen / 4, 15u);
}

// Inputs, of expectations, and the constant.
inline void RichMix::expectation_inputs() {
  for (size_t i = 0; i < 8; ++i) {
    const Expectation& e = expectations_[i];
    Learned& learned = learned_[i];
    int32_t* const to = &mixer_.inputs[3 * (contexts_.size() + i)];
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
  mixer_.inputs[3 * (contexts_.size() + 8)] = 256;
}

// Beside the network: the inputs behind the constant.
inline void RichMix::network_inputs(uint32_t p) {
  int32_t* const to = &mixer_.inputs[3 * (contexts_.size() + 8) + 1];
  to[0] = stretch(p);
  to[1] = (static_cast<int32_t>(p) - 32768) >> 5;
  const Expectation& e = expectations_[expectations_[2].valid ? 2 : 0];
  const uint32_t of_repeat =
      e.valid ? hash(e.byte | std::min(e.length, 31u) << 8, partial_) : partial_;
  to[2] = stretch(n1_.refine(hash(text_.low(1), partial_) % 4096, stretch(p)));
  to[3] = stretch(n2_.refine(of_repeat % 4096, stretch(p)));
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
  for (size_t i : {0u, 2u, 3u, 4u, 6u, 7u})
    s.sayings = 3 * s.sayings + (learned_[i].has_inputs ? 1 + learned_[i].bit : 0);
  return s;
}

// Mixer: the table of rows; the rows of the final sets.
inline int64_t RichMix::mix(const Selectors& s, uint32_t network_p) {
  const uint32_t done = bits_done(partial_), last = text_.low(1), cert = certainty(network_p);
  const std::array<uint32_t, 13> rows{
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
      4 * cert + std::min(lane_.length, 3u),
      lane_.t1 % 512,
  };
  const std::array<uint32_t, 4> final_rows{
      partial_, s.sayings, 128 * (s.confidence / 16) + 8 * s.known + done, 16 * cert + s.known};
  return mixer_.mix(rows, final_rows);
}

// Stages.
inline uint32_t RichMix::predict(uint32_t network_p) {
  const uint32_t known = context_inputs();
  expectation_inputs();
  const Selectors s = selectors(known);
  if (beside_) network_inputs(network_p);
  const int64_t mixed = mix(s, network_p);
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
  mixer_.learn(bit);
  for (Stage& stage : stages_) stage.update(bit);
  if (beside_) n1_.update(bit);
  if (beside_) n2_.update(bit);
  for (Learned& learned : learned_) {
    if (!learned.has_inputs) continue;
    learned.confidence->update(learned.bit == bit, 1023);
    learned.byte->update(learned.bit == bit, 1023);
  }
  learn_contexts(bit);
  skip(bit);
}

inline void RichMix::skip(uint32_t bit) {
  for (Context& context : contexts_) {
    uint8_t& history = context.slot[node_];
    history = kHistories.next(history, bit);
  }
  partial_ = 2 * partial_ + bit;
  node_ = 2 * node_ + 1 + bit;
  if (partial_ >= 16 && partial_ < 32) find_slots();
}

// Of their probabilities; each context's are its own.
inline void RichMix::learn_contexts(uint32_t bit) {
  for (Context& c : contexts_) {
    if (c.history != 0) c.by_history[c.history].update(bit, 255);
    if (c.run_index > 1) c.by_run[c.run_index].update(c.run_bit == bit, 255);
  }
}

}  // namespace llmz::mix_document
