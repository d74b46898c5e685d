// SPDX-License-Identifier: Apache-2.0
// What the two kinds of decisions of MixingModel have in common: where its inputs lie, which
// weights they choose, and how a probability becomes inputs. Of mixing_*.cpp, and
// what the rich mix has of it.
#pragma once

#include <array>
#include <cstdlib>

#include "base/fuzzing.h"
#include "mix/logistic.h"
#include "mix/match_model.h"
#include "mix/mixer.h"

namespace llmz::mix {

// How often an AdaptiveProbability of a history counts at most.
constexpr uint32_t kHistoryLimit = 255;

// bench/mix_parts compiles the mix with parts left out, to see what they are worth.
#ifndef LLMZ_MIX_WITHOUT
#define LLMZ_MIX_WITHOUT 0
#endif
constexpr uint32_t kWithout = LLMZ_MIX_WITHOUT;
constexpr uint32_t kShortMatchPart = 1 << 20, kLongMatchPart = 1 << 21,
                   kNetworkRefinedPart = 1 << 22, kRefinedPart = 1 << 23,
                   kProbabilityInputPart = 1 << 24, kEndPart = 1 << 25;

constexpr size_t kMixedContexts = kFuzzing ? 1 << 4 : 1 << 12;  // of a refinement stage

// The inputs behind those of the contexts, two for each: two for each match, the network's log
// odds and probability, a constant, two refinements of the network.
constexpr size_t kMatchInput = 0, kNetworkInput = 4, kConstantInput = 6, kRefinedInput = 7;

// Which weights a set uses. Decisions about bytes come first, those about the ends of tokens after
// them.
constexpr uint32_t kBuckets = MatchModel::kBuckets + 1;  // of the match
constexpr uint32_t kLevels = 16;                         // of the network's certainty
enum Set { kByMatch, kByPartialByte, kByLastByte, kByNetwork, kByKnownContexts, kByToken };
constexpr std::array<size_t, kMixerSets> kSetContexts = {2 * kBuckets,    512, 512,
                                                         2 * kLevels * 4, 256, 1024};
constexpr size_t kFinalContexts = 128;

// How sure the network is, and of what.
inline uint32_t certainty(uint32_t p) {
  constexpr int32_t kBounds[] = {128, 320, 512, 768, 1100, 1500, 2000};
  const int32_t s = std::abs(stretch(p));
  uint32_t level = 0;
  while (level < 7 && s >= kBounds[level]) ++level;
  return level * 2 + (p >= kProbabilityOne / 2);
}

// A probability as two inputs: log odds, and itself about one half.
inline void add_inputs(int32_t* in, uint32_t p) {
  in[0] = stretch(p);
  in[1] =
      kWithout & kProbabilityInputPart ? 0 : (static_cast<int32_t>(p) - kProbabilityOne / 2) >> 5;
}

// The same of a bit that is expected with probability p.
inline void add_expected(int32_t* in, uint32_t p, uint32_t bit) {
  add_inputs(in, p);
  if (bit == 0) {
    in[0] = -in[0];
    in[1] = -in[1];
  }
}

}  // namespace llmz::mix
