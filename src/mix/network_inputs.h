// SPDX-License-Identifier: Apache-2.0
// What a network says of a decision, as inputs of a mixer: its probability, and what came of such
// probabilities after this byte and where a repeat expects this byte.
#pragma once

#include "mix/adaptive.h"
#include "mix/mixing_inputs.h"

namespace llmz::mix {

class NetworkInputs {
 public:
  // used: false where there is no network, and this takes no memory.
  explicit NetworkInputs(bool used)
      : by_byte_(used ? kMixedContexts : 1, kLimit),
        by_repeat_(used ? kMixedContexts : 1, kLimit) {}

  // Log odds and probability to `opinion`, two refinements of it to `refined`. Any contexts.
  void add(int32_t* opinion, int32_t* refined, uint32_t p, uint32_t byte_context,
           uint32_t repeat_context) {
    add_inputs(opinion, p);
    if (kWithout & kNetworkRefinedPart) return;
    refined[0] = stretch(by_byte_.refine(byte_context % kMixedContexts, opinion[0]));
    refined[1] = stretch(by_repeat_.refine(repeat_context % kMixedContexts, opinion[0]));
  }
  void learn(uint32_t bit) {
    by_byte_.update(bit);
    by_repeat_.update(bit);
  }

 private:
  static constexpr uint32_t kLimit = 255;
  RefinementStage by_byte_, by_repeat_;
};

}  // namespace llmz::mix
