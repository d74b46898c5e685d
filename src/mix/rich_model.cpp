// SPDX-License-Identifier: Apache-2.0
#include "mix/rich_model.h"

#include <algorithm>

#include "base/error.h"
#include "base/fuzzing.h"
#include "mix/bit_history.h"
#include "mix/mixing_inputs.h"
#include "mix/rich_start.h"

namespace llmz::mix {
namespace {

// Tuned on texts that are neither trained on nor benchmarks (docs/mixing.md).
constexpr uint32_t kRunLimit = 255, kExpectedLimit = 1023, kRefinementLimit = 1023;
constexpr uint32_t kStartCount = 20;  // how much the start values weigh
constexpr int32_t kExpectedWeight = 3000, kNetworkWeight = 40000;
constexpr size_t kPerContext = 3, kPerExpectation = 3, kOfNetwork = 4;  // inputs
constexpr size_t kHashedContexts = kFuzzing ? 1 << 4 : 1 << 13;         // of a refinement stage

// How many contexts the sets of weights have, in the order of RichModel::mix().
std::vector<size_t> set_contexts(bool with_network) {
  std::vector<size_t> sets = {256, 256, 256, 768, 256, 512, 512, 1024, 729, 512, 2048};
  if (with_network) sets.insert(sets.end(), {size_t{kLevels} * 4, 512});
  return sets;
}

std::vector<size_t> final_contexts(bool with_network) {
  std::vector<size_t> sets = {256, 729, 2048};
  if (with_network) sets.push_back(size_t{kLevels} * 16);
  return sets;
}

size_t input_count(size_t contexts, bool with_network) {
  return contexts * kPerContext + Expectations::kCount * kPerExpectation + 1 +
         (with_network ? kOfNetwork : 0);
}

std::vector<int32_t> initial_weights(const RichDesign& d) {
  std::vector<int32_t> w;
  for (size_t i = 0; i < d.rows.size(); ++i)
    w.insert(w.end(), {d.history_weight, d.second_weight, d.run_weight});
  for (size_t i = 0; i < Expectations::kCount; ++i) w.insert(w.end(), {kExpectedWeight, 0, 0});
  w.push_back(0);
  if (d.with_network) w.push_back(kNetworkWeight);
  return w;
}

AdaptiveProbability started(int32_t log_odds) {
  return AdaptiveProbability(squash(log_odds), kStartCount);
}

}  // namespace

RichModel::RichModel(int memory_bits, const RichDesign& design)
    : rows_(design.rows),
      with_network_(design.with_network),
      second_(design.second),
      history_(memory_bits - 2),
      expected_(memory_bits),
      slots_(memory_bits),
      runs_(memory_bits - 3),
      by_history_(rows_.size()),
      by_run_(rows_.size()),
      network_(with_network_),
      mixer_(input_count(rows_.size(), with_network_), set_contexts(with_network_),
             final_contexts(with_network_), initial_weights(design)) {
  if (rows_.size() > kMaxContexts)
    throw Error(ErrorKind::kInternal, "too many contexts of the mix");
  for (ByHistory& learned : by_history_) {
    for (size_t state = 1; state < 256; ++state) learned[state] = started(kStartByHistory[state]);
  }
  for (ByRun& learned : by_run_) {
    for (size_t n = 2; n < learned.size(); ++n) learned[n] = started(kStartByRun[n]);
  }
  for (size_t i = 0; i < Expectations::kCount; ++i) {
    Expected& e = learned_expected_[i];
    const auto& start = i < Expectations::kRepeats ? kStartByRepeat : kStartByPlace;
    for (size_t n = 0; n < start.size(); ++n) e.by_confidence[n] = started(start[n]);
    e.by_byte.resize(256 * 8 * 4);
  }
  stages_.reserve(kStages);
  stages_.emplace_back(size_t{3} * 256, kRefinementLimit);
  while (stages_.size() < kStages) stages_.emplace_back(kHashedContexts, kRefinementLimit);
  slots_.use_large_pages();
  runs_.use_large_pages();
}

void RichModel::share() {
  history_.share();
  expected_.share();
  slots_.share();
  runs_.share();
  mixer_.share();
}

void RichModel::begin_byte(const TokenPlace& place) {
  token_ = place;
  const RichView view{text_, patterns_, expected_, history_, token_};
  partial_ = 1;
  for (size_t i = 0; i < rows_.size(); ++i) {
    hash_[i] = hash2(rows_[i].key(view), static_cast<uint32_t>(i + 1));
    slots_.prefetch(hash_[i]);
    runs_.prefetch(hash_[i]);
  }
  for (size_t i = 0; i < rows_.size(); ++i) run_[i] = runs_.find(hash_[i]);
  place_ = hash2(hash2(text_.masked_before[0], text_.shape), std::min(text_.token_bytes, 15u));
  best_ = most_trusted();
  select_slots();
}

// The longest one, of those that are not short the first.
size_t RichModel::most_trusted() const {
  constexpr uint32_t kLong = 16;
  size_t best = Expectations::kCount;
  for (size_t i : {2, 1, 3, 4, 0, 5}) {
    if (!expected_.has(i)) continue;
    if (best == Expectations::kCount ||
        expected_.length(best) < std::min(expected_.length(i), kLong))
      best = i;
  }
  return best;
}

// Each half of a byte has a slot in each context.
void RichModel::select_slots() {
  std::array<uint32_t, kMaxContexts> keys;
  for (size_t i = 0; i < rows_.size(); ++i) keys[i] = slot_key(i);
  if (partial_ != 1) {
    for (size_t i = 0; i < rows_.size(); ++i) slots_.prefetch(keys[i]);
  }
  for (size_t i = 0; i < rows_.size(); ++i) slot_[i] = slots_.find(keys[i]);
  node_ = 0;
}

RichModel::Best RichModel::best() const {
  Best best;
  if (best_ == Expectations::kCount) return best;
  best.byte = expected_.byte(best_);
  best.confidence = expected_.confidence(best_);
  best.agrees = (best.byte | 0x100u) >> (8 - bits_done()) == partial_;
  best.bit = best.byte >> (7 - bits_done()) & 1;
  return best;
}

void RichModel::add_context_inputs() {
  int32_t* in = mixer_.inputs();
  // Locals: a byte that is written may be any member, as far as the compiler knows.
  const size_t rows = rows_.size();
  const uint32_t done = bits_done(), partial = partial_, node = node_;
  const ByHistory* const by_history = by_history_.data();
  const ByRun* const by_run = by_run_.data();
  uint32_t known = 0;
  // Without branches: what a context says cannot be predicted.
  for (size_t i = 0; i < rows; ++i, in += kPerContext) {
    const uint8_t state = slot_[i][node];
    known += state != 0;
    add_inputs(in, by_history[i][state].p16());
    if (second_) in[1] = kBitHistory.one_sort[state] ? in[0] : 0;
    // Where the last byte of the context disagrees, the first probability, which stays 1/2.
    const RunTable::Run run = *run_[i];
    const bool agrees = (run.byte | 0x100u) >> (8 - done) == partial;
    const uint32_t count = std::min<uint32_t>(run.count, 63) * 2 + (done > 0);
    const uint32_t index = agrees ? count : 0, bit = run.byte >> (7 - done) & 1;
    const int32_t s = stretch(by_run[i][index].p16());
    in[2] = bit ? s : -s;
    state_[i] = state;
    run_index_[i] = static_cast<uint8_t>(index);
    run_bit_[i] = static_cast<uint8_t>(bit);
  }
  known_ = known;
}

void RichModel::add_expected_inputs() {
  int32_t* in = mixer_.inputs() + rows_.size() * kPerContext;
  const uint32_t done = bits_done();
  for (size_t i = 0; i < Expectations::kCount; ++i, in += kPerExpectation) {
    Expected& e = learned_expected_[i];
    e.confidence = e.byte = nullptr;
    in[0] = in[1] = in[2] = 0;
    if (!expected_.has(i)) continue;
    const uint32_t byte = expected_.byte(i);
    if ((byte | 0x100u) >> (8 - done) != partial_) continue;  // it has erred in this byte
    e.bit = byte >> (7 - done) & 1;
    e.confidence = &e.by_confidence[expected_.confidence(i) * 2 + (done > 0)];
    e.byte = &e.by_byte[(byte * 8 + done) * 4 + std::min(expected_.length(i) / 4, 3u)];
    add_inputs(in, e.confidence->p16());
    in[2] = stretch(e.byte->p16());
    if (e.bit == 0) {
      for (size_t k = 0; k < kPerExpectation; ++k) in[k] = -in[k];
    }
  }
  in[0] = 256;
}

// Behind the constant.
void RichModel::add_network_inputs(uint32_t network_p) {
  int32_t* const in = mixer_.inputs() + input_count(rows_.size(), false);
  const size_t i = expected_.has(2) ? 2 : 0;
  const uint32_t repeat = expected_.byte(i) | std::min(expected_.length(i), 31u) << 8;
  network_.add(in, in + 2, network_p, hash2(text_.byte(0), partial_),
               expected_.has(i) ? hash2(repeat, partial_) : partial_);
}

void RichModel::choose_stages(const Best& best) {
  constexpr uint32_t kMask = kHashedContexts - 1;
  const uint32_t expected = best.agrees ? best.byte + 1 : 0;
  stage_context_ = {partial_ + 256 * (best.agrees ? 1 + best.bit : 0),
                    hash2(text_.byte(0), partial_) & kMask, hash2(text_.low(2), partial_) & kMask,
                    hash2(hash2(expected, best.confidence / 16), partial_) & kMask,
                    hash2(place_, partial_) & kMask};
  for (size_t i = 0; i < kStages; ++i) stages_[i].prefetch(stage_context_[i]);
}

int32_t RichModel::mix(const Best& best, uint32_t network_p) {
  const TextState& t = text_;
  const uint32_t done = bits_done();
  const uint32_t bit = best.agrees ? 1 + best.bit : 0;
  uint32_t sayings = 0;  // what six expectations say: nothing, zero, one
  for (size_t i : {0, 2, 3, 4, 6, 7}) {
    const Expected& e = learned_expected_[i];
    sayings = sayings * 3 + (e.confidence != nullptr ? 1 + e.bit : 0);
  }
  const uint32_t known = std::min(known_ / 4, 15u);
  const uint32_t level = certainty(network_p);
  // The last ones are those of the network.
  const uint32_t sets[] = {best.confidence,
                           partial_,
                           t.byte(0),
                           t.byte(1) * 3u + bit,
                           known * 16 + std::min(t.token_bytes, 15u),
                           std::min(t.field, 63u) * 8 + done,
                           best.agrees ? best.byte | 256u : 0,
                           (t.classes & 0xff) * 4 + (t.classes >> 8 & 3),
                           sayings,
                           (t.key & 0x7f) * 4 + (t.token_bytes == 0) * 2 + (t.depth > 1),
                           place_ & 2047,
                           level * 4 + std::min(token_.length, 3u),
                           token_.before % 512};
  const uint32_t finals[] = {partial_, sayings, best.confidence / 16 * 128 + known * 8 + done,
                             level * 16 + known};
  return mixer_.mix(sets, finals);
}

uint32_t RichModel::predict(uint32_t network_p) {
  const Best best = this->best();
  choose_stages(best);
  add_context_inputs();
  add_expected_inputs();
  if (with_network_) add_network_inputs(network_p);
  const int32_t mixed = mix(best, network_p);
  // The mean of the mix and five refinements of it.
  uint32_t sum = squash(mixed) + 3;
  for (size_t i = 0; i < kStages; ++i) sum += stages_[i].refine(stage_context_[i], mixed);
  return std::clamp<uint32_t>(sum / 6, 1, kProbabilityOne - 1);
}

void RichModel::learn(uint32_t bit) {
  mixer_.learn(bit);
  for (RefinementStage& stage : stages_) stage.update(bit);
  if (with_network_) network_.learn(bit);
  for (Expected& e : learned_expected_) {
    if (e.confidence == nullptr) continue;
    e.confidence->update(e.bit == bit, kExpectedLimit);
    e.byte->update(e.bit == bit, kExpectedLimit);
  }
  const size_t rows = rows_.size();
  const uint32_t node = node_;
  ByHistory* const by_history = by_history_.data();
  ByRun* const by_run = by_run_.data();
  for (size_t i = 0; i < rows; ++i) {
    const uint32_t state = state_[i], index = run_index_[i];
    AdaptiveProbability& p = by_history[i][state];
    AdaptiveProbability moved = p;
    moved.update(bit, kHistoryLimit);
    p = state != 0 ? moved : p;
    AdaptiveProbability& r = by_run[i][index];
    moved = r;
    moved.update(run_bit_[i] == bit, kRunLimit);
    r = index > 1 ? moved : r;
    uint8_t& history = slot_[i][node];  // not `state`: two contexts may share a slot
    history = next_history(history, bit);
  }
  begin_next_bit(bit);
}

// The histories count every bit, also the known ones: another token may come to the same context.
void RichModel::skip(uint32_t bit) {
  for (size_t i = 0; i < rows_.size(); ++i) {
    uint8_t& history = slot_[i][node_];
    history = next_history(history, bit);
  }
  begin_next_bit(bit);
}

void RichModel::begin_next_bit(uint32_t bit) {
  partial_ = partial_ << 1 | bit;
  node_ = 2 * node_ + 1 + bit;
  if (partial_ >= 16 && partial_ < 32) select_slots();
}

void RichModel::end_byte(uint8_t byte) {
  for (size_t i = 0; i < rows_.size(); ++i) run_[i]->add(byte);
  history_.write(text_.position, byte);
  if (second_) patterns_.before_append(text_, byte);
  text_.append(byte);
  if (second_) patterns_.after_append(text_, byte);
  expected_.advance(text_, history_);
}

}  // namespace llmz::mix
