// SPDX-License-Identifier: Apache-2.0
// The contexts of the rich mix as a table: a name and what of the text so far makes the context.
#pragma once

#include <cstdint>
#include <vector>

#include "mix/expectations.h"
#include "mix/history.h"
#include "mix/text_state.h"

namespace llmz::mix {

struct RichView {
  const TextState& text;
  const Expectations& expected;
  const History& history;
};

struct ContextRow {
  const char* name;
  uint32_t (*key)(const RichView&);
};

extern const std::vector<ContextRow> kRichContexts;

}  // namespace llmz::mix
