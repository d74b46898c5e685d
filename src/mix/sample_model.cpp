// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_model.h"

#include <algorithm>
#include <cstdlib>

#include "base/fuzzing.h"
#include "mix/hash.h"

namespace llmz::mix {
namespace {

// Tuned on pictures and sound that are no benchmarks (docs/mixing-findings.md).
constexpr uint32_t kTableBits = kFuzzing ? 6 : 16;
constexpr uint32_t kHashedContexts = kFuzzing ? 1 << 4 : 1 << 12;  // of a refinement stage
constexpr uint32_t kLearnedLimit = 255, kRefinementLimit = 1023, kStartCount = 4;
constexpr int32_t kOpinionWeight = 3000, kAllWeight = 20000, kContextWeight = 900;
constexpr uint32_t kLargestScale = 13;
constexpr size_t kAll = SampleOpinions::kAll;

// How many rows the sets of weights have, in the order of SampleModel::mix().
const std::vector<size_t> kSetContexts = {SampleDecisions::kScales * SampleDecisions::kNodes,
                                          SampleOpinions::kLevels * 4, 16 * SampleDecisions::kNodes,
                                          512};
const std::vector<size_t> kFinalContexts = {SampleDecisions::kNodes, SampleOpinions::kLevels};

std::vector<int32_t> initial_weights(size_t distributions, size_t contexts) {
  std::vector<int32_t> w(distributions, kOpinionWeight);
  w[kAll] = kAllWeight;
  for (size_t i = 0; i < contexts; ++i) w.insert(w.end(), {kContextWeight, 0});
  return w;
}

// The size of a difference, with its sign: 0 .. 16, and 8 is next to none.
uint32_t size_of(int32_t x, int32_t unit) {
  const uint32_t units = static_cast<uint32_t>(std::abs(x) / unit);
  const uint32_t size =
      units == 0 ? 0 : std::min(32 - static_cast<uint32_t>(__builtin_clz(units)), 8u);
  return x < 0 ? 8 - size : 8 + size;
}

}  // namespace

SampleModel::SampleModel(const SampleLayout& layout)
    : layout_(layout),
      opinions_(layout),
      mixer_(kDistributions + 2 * kContexts + 1, kSetContexts, kFinalContexts,
             initial_weights(kDistributions, kContexts)) {
  for (std::vector<Learned>& learned : learned_) learned.resize(size_t{1} << kTableBits);
  stages_.reserve(kStages);
  stages_.emplace_back(kSetContexts[0], kRefinementLimit);
  while (stages_.size() < kStages) stages_.emplace_back(kHashedContexts, kRefinementLimit);
}

void SampleModel::begin() {
  opinions_.form();
  const SampleOpinions::Opinion& all = opinions_[kAll];
  for (size_t i = 0; i <= kAll; ++i)
    distributions_[i].set(opinions_[i].center, opinions_[i].spread);
  distributions_[kAll + 1].set(all.center, std::max(all.spread / 2, 1));
  distributions_[kAll + 2].set(all.center, all.spread * 2);
  for (SampleDistribution& d : distributions_) d.begin(0, layout_.top() + 1);
  const int32_t expected = std::min((all.center + 8) / 16, layout_.top());
  const uint32_t spread = static_cast<uint32_t>(all.spread) / 16;
  const uint32_t scale = spread < 2 ? 0 : 31 - static_cast<uint32_t>(__builtin_clz(spread));
  decisions_.begin(layout_.top(), expected, std::min(scale, kLargestScale));
  apart_ = static_cast<uint32_t>(
      std::min(std::abs(opinions_[6].center - opinions_[0].center) * 4 / all.spread, 15));
  choose_contexts();
}

// Differences are counted in parts of the spread, so that loud and quiet ones share what they
// learn.
void SampleModel::choose_contexts() {
  const SampleOpinions& o = opinions_;
  const SampleOpinions::Opinion& all = o[kAll];
  const int32_t expected = std::min((all.center + 8) / 16, layout_.top());
  const int32_t unit = std::max(all.spread / 32, 1), half = std::max(unit / 2, 1);
  const auto near = [&](size_t i) { return size_of(o.neighbour(i) - expected, half); };
  const auto off = [&](size_t i) { return size_of(o.error(i), 8 * unit); };
  const auto apart = [&](size_t i, int32_t by) {
    return size_of(o[i].center - all.center, by * unit);
  };
  const auto exact = [&](size_t i) { return static_cast<uint32_t>(o.neighbour(i) - expected); };
  const uint32_t keys[kContexts] = {
      4 * all.level + o.channel(),
      17 * off(0) + off(1),
      17 * near(0) + near(1),
      static_cast<uint32_t>(expected) >> (8 * layout_.bytes - 8),
      17 * (17 * apart(6, 4) + apart(8, 4)) + apart(0, 8),
      512 * off(2) + 128 * o.channel() + all.level / 2,
      17 * near(2) + near(3),
      hash2(exact(0), exact(1)),
      17 * (17 * near(4) + near(5)) + near(0),
  };
  for (uint32_t i = 0; i < kContexts; ++i) context_[i] = hash2(keys[i], i + 1);
}

void SampleModel::add_distribution_inputs() {
  int32_t* in = mixer_.inputs();
  for (size_t i = 0; i < kDistributions; ++i) {
    const uint32_t above = distributions_[i].at_least(decisions_.middle());
    const uint32_t p = decisions_.upper_is_one() ? above : kProbabilityOne - above;
    in[i] = stretch(std::min<uint32_t>(p, kProbabilityOne - 1));
    if (i == kAll) expected_p_ = std::clamp<uint32_t>(p, 1, kProbabilityOne - 1);
  }
}

void SampleModel::add_context_inputs() {
  int32_t* in = mixer_.inputs() + kDistributions;
  for (size_t i = 0; i < kContexts; ++i) {
    used_[i] = &learned_[i][hash2(context_[i], node()) >> (32 - kTableBits)];
    const uint32_t p = used_[i]->seen ? used_[i]->p.p16() : expected_p_;
    *in++ = stretch(p);
    *in++ = (static_cast<int32_t>(p) - kProbabilityOne / 2) >> 5;
  }
  *in = 256;
}

int32_t SampleModel::mix() {
  const uint32_t level = opinions_[kAll].level, depth = std::min(decisions_.depth(), 4u);
  const uint32_t sets[] = {node(), 4 * level + std::min(depth, 3u),
                           SampleDecisions::kNodes * apart_ + decisions_.node(),
                           128 * opinions_.channel() + 8 * (expected_p_ >> 12) + depth};
  const uint32_t finals[] = {decisions_.node(), level};
  return mixer_.mix(sets, finals);
}

uint32_t SampleModel::predict() {
  add_distribution_inputs();
  add_context_inputs();
  const int32_t mixed = mix();
  const uint32_t contexts[kStages] = {node(), hash2(context_[1], node()) % kHashedContexts,
                                      hash2(context_[3], node()) % kHashedContexts};
  uint32_t sum = squash(mixed) + 2;
  for (size_t i = 0; i < kStages; ++i) sum += stages_[i].refine(contexts[i], mixed);
  return std::clamp<uint32_t>(sum / 4, 1, kProbabilityOne - 1);
}

void SampleModel::learn(uint32_t bit) {
  mixer_.learn(bit);
  for (RefinementStage& stage : stages_) stage.update(bit);
  for (Learned* learned : used_) {
    if (!learned->seen) *learned = {AdaptiveProbability(expected_p_, kStartCount), true};
    learned->p.update(bit, kLearnedLimit);
  }
  const bool upper = (bit != 0) == decisions_.upper_is_one();
  for (SampleDistribution& d : distributions_) d.take(upper);
  decisions_.take(bit);
}

uint32_t SampleModel::end() {
  const uint32_t value = static_cast<uint32_t>(decisions_.low());
  opinions_.learn(value);
  return value;
}

}  // namespace llmz::mix
