// SPDX-License-Identifier: Apache-2.0
// What a sample of a run takes by one method or another. `tick` is called several times a second,
// and may throw to stop.
#pragma once

#include <functional>

#include "container/frame.h"
#include "decode/session.h"

namespace llmz {

// What a sample costs, and what a run that begins with it might: the first half of the sample is
// spent on getting to know the text, the second one says how it goes on.
struct Cost {
  size_t sample_bytes = 0, all = 0, second_half = 0;
  double second_half_bits_per_byte() const {
    return 16 * static_cast<double>(second_half) / static_cast<double>(sample_bytes);
  }
  double of(uint64_t run_bytes) const {
    const double halves =
        2 * static_cast<double>(run_bytes - sample_bytes) / static_cast<double>(sample_bytes);
    return static_cast<double>(all) + halves * static_cast<double>(second_half);
  }
};

Cost lean_mix_cost(ByteView sample);
Cost rich_mix_cost(ByteView sample, const std::function<void()>& tick);
// With an engine of its own: the session's may be in the middle of a block.
Cost token_cost(ByteView sample, RoundMethod method, CoderSettings coder, Session& session,
                const std::function<void()>& tick);

}  // namespace llmz
