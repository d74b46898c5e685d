// SPDX-License-Identifier: Apache-2.0
// The contexts of the rich mix as a table: a name and what of the text so far makes the context.
#pragma once

#include <cstdint>
#include <vector>

#include "mix/expectations.h"
#include "mix/history.h"
#include "mix/text_patterns.h"
#include "mix/text_state.h"

namespace llmz::mix {

// Where the next byte stands in a sequence of tokens.
struct TokenPlace {
  uint32_t prefix = 0, length = 0;             // hash and size of the token so far
  uint32_t before = 0, second = 0, third = 0;  // the tokens before it, + 1; 0: none
};

struct RichView {
  const TextState& text;
  const TextPatterns& patterns;  // of the second rich mix
  const Expectations& expected;
  const History& history;
  const TokenPlace& token;
};

struct ContextRow {
  const char* name;
  uint32_t (*key)(const RichView&);
};

// What the two rich mixes differ in.
struct RichDesign {
  const std::vector<ContextRow>& rows;
  bool with_network;
  bool second;  // the text's patterns are followed, and the second input of a context is that of
                // one sort of bits alone
  int32_t history_weight, second_weight, run_weight;  // at the start, of a context's inputs
};

extern const RichDesign kRichMix, kSecondRichMix;
// Beside a network: the same, and contexts of tokens.
extern const RichDesign kRichMixBesideNetwork, kSecondRichMixBesideNetwork;

}  // namespace llmz::mix
