// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_taps.h"

namespace llmz::mix {
namespace {

// Tuned on pictures and sound that are no benchmarks (docs/mixing-findings.md).
constexpr int kPictureFading[kSampleFits] = {4, 6, 9}, kSoundFading[kSampleFits] = {5, 6, 8};
constexpr uint32_t kPeriod[kSampleFits] = {1, 2, 4};

std::vector<uint32_t> picture_taps(const SampleLayout& l, uint32_t channel, bool many) {
  const uint32_t s = l.channels, r = l.row;
  std::vector<uint32_t> taps = {s, r, r + s, r - s, 2 * s, 2 * r};
  if (many) taps.insert(taps.end(), {2 * r + s, 2 * r - s, r + 2 * s, r - 2 * s, 3 * s, 3 * r});
  for (uint32_t c = 0; c < l.channels; ++c) {
    const uint32_t d = channel - c;  // of a channel before: its sample of the same place
    if (c < channel) taps.insert(taps.end(), {d, d + s, d + r});
    if (c < channel && many) taps.insert(taps.end(), {d + r - s, d + r + s});
    if (c > channel && many) taps.insert(taps.end(), {d + s, d + r});
  }
  return taps;
}

std::vector<uint32_t> sound_taps(const SampleLayout& l, uint32_t channel, bool many) {
  const uint32_t others = l.channels - 1;
  const uint32_t of_other = others == 0 ? 0 : (many ? 12 : 6) / others;
  const uint32_t of_own = (many ? 32 : 16) - others * of_other;
  std::vector<uint32_t> taps;
  for (uint32_t i = 1; i <= of_own; ++i) taps.push_back(i * l.channels);
  for (uint32_t c = 0; c < l.channels; ++c) {
    const uint32_t nearest = channel - c + (c < channel ? 0 : l.channels);
    for (uint32_t i = 0; c != channel && i < of_other; ++i)
      taps.push_back(nearest + i * l.channels);
  }
  return taps;
}

}  // namespace

std::array<SampleTaps, kSampleFits> sample_taps(const SampleLayout& layout, uint32_t channel) {
  std::array<SampleTaps, kSampleFits> all;
  for (size_t i = 0; i < kSampleFits; ++i) {
    const bool rows = layout.row > 0;
    all[i] = {rows ? picture_taps(layout, channel, i > 0) : sound_taps(layout, channel, i > 0),
              rows ? kPictureFading[i] : kSoundFading[i], kPeriod[i]};
  }
  return all;
}

}  // namespace llmz::mix
