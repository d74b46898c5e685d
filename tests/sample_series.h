// SPDX-License-Identifier: Apache-2.0
// Samples to try the mix of samples on: smooth ones with noise, as pictures and sound are, and what
// no microphone records.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "mix/sample_layout.h"

namespace llmz::test {

// Of one and two bytes, with one to four channels, with rows (narrow ones, too, and some that
// channels do not divide) and without.
inline std::vector<mix::SampleLayout> sample_layouts() {
  std::vector<mix::SampleLayout> layouts;
  for (uint32_t bytes : {1, 2}) {
    for (uint32_t channels : {1, 2, 3, 4}) {
      for (uint32_t row : {0u, 4 * channels, 21 * channels + channels / 2})
        layouts.push_back({bytes, false, false, channels, row});
    }
  }
  return layouts;
}

// Waves in rows, with a sudden change now and then and noise that grows.
inline std::vector<uint32_t> smooth_samples(const mix::SampleLayout& l, size_t count,
                                            uint32_t seed) {
  std::mt19937 random(seed);
  const double top = l.top();
  std::vector<uint32_t> samples;
  double level = 0.5;
  for (size_t i = 0; i < count; ++i) {
    const size_t column = l.row > 0 ? i % l.row : i, row = l.row > 0 ? i / l.row : 0;
    const double at = static_cast<double>(column / l.channels), channel = i % l.channels;
    if (random() % 512 == 0) level = static_cast<double>(random() % 100) / 100;
    const double wave =
        0.3 * std::sin(at * 0.21 + channel) * std::cos(static_cast<double>(row) / 5);
    const double noise = (static_cast<double>(random() % 1000) / 1000 - 0.5) * 0.1 *
                         static_cast<double>(i) / static_cast<double>(count);
    samples.push_back(static_cast<uint32_t>(std::clamp((level + wave + noise) * top, 0.0, top)));
  }
  return samples;
}

inline std::vector<std::vector<uint32_t>> sample_series(const mix::SampleLayout& l, size_t count) {
  const uint32_t top = static_cast<uint32_t>(l.top());
  std::mt19937 random(top + l.row);
  std::vector<std::vector<uint32_t>> all = {smooth_samples(l, count, l.channels)};
  std::vector<uint32_t> noise, extremes, steady;
  for (size_t i = 0; i < count; ++i) {
    noise.push_back(random() & top);
    // Loud for a while, silent for a while: what is far beyond what was learned.
    extremes.push_back(i / 300 % 2 == 0 ? (i / (1 + i / 600) % 2) * top : top / 2 + (i % 3 == 0));
    steady.push_back(i < count / 2 ? top : random() % 64 == 0);
  }
  all.insert(all.end(), {noise, extremes, steady});
  return all;
}

}  // namespace llmz::test
