// SPDX-License-Identifier: Apache-2.0
// Which samples the linear predictors look at, and how fast they forget (docs/sample-mix.md).
#pragma once

#include <array>
#include <vector>

#include "mix/sample_layout.h"

namespace llmz::mix {

struct SampleTaps {
  std::vector<uint32_t> distances;  // back from the sample, in samples
  int fading;                       // as LeastSquares takes it
  uint32_t period;
};
constexpr size_t kSampleFits = 3;  // from the one that forgets fastest

std::array<SampleTaps, kSampleFits> sample_taps(const SampleLayout& layout, uint32_t channel);

}  // namespace llmz::mix
