// SPDX-License-Identifier: Apache-2.0
// rotate() of docs/exact-imported.md.
#pragma once

#include <algorithm>
#include <vector>

#include "exact/exact_model.h"

namespace llmz::exact {

class Rotary {
 public:
  explicit Rotary(const ExactModel& model)
      : sine_(model.sine), frequency_(model.rotary_frequency) {}

  // Cosines and sines of one position, 29 fraction bits; empty where positions are learned.
  struct Angles {
    std::vector<int64_t> cosine, sine;
  };
  Angles angles(size_t position) const {
    Angles angles;
    for (uint32_t frequency : frequency_) {
      const uint32_t phase = static_cast<uint32_t>(position) * frequency;
      angles.cosine.push_back(entry((phase >> 22) + 256, phase));
      angles.sine.push_back(entry(phase >> 22, phase));
    }
    return angles;
  }

  // y [head_dim], within 16 bits.
  void rotate(const Angles& angles, int64_t* y) const {
    const size_t half = angles.sine.size();
    const auto rounded = [](int64_t v) {
      return std::clamp<int64_t>((v + (1 << 28)) >> 29, -32767, 32767);
    };
    for (size_t i = 0; i < half; ++i) {
      const int64_t a = y[i], b = y[i + half], cosine = angles.cosine[i], sine = angles.sine[i];
      y[i] = rounded(a * cosine - b * sine);
      y[i + half] = rounded(b * cosine + a * sine);
    }
  }

 private:
  int64_t entry(uint32_t k, uint32_t phase) const {
    const int64_t low = sine_[k % 1024], high = sine_[(k + 1) % 1024];
    return low * (1 << 15) + (high - low) * (phase >> 7 & 32767);
  }
  std::vector<int16_t> sine_;  // [1024]
  std::vector<uint32_t> frequency_;
};

}  // namespace llmz::exact
