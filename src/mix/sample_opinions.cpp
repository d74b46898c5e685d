// SPDX-License-Identifier: Apache-2.0
#include "mix/sample_opinions.h"

#include <algorithm>
#include <cstdlib>

namespace llmz::mix {
namespace {

// Tuned on pictures and sound that are no benchmarks (docs/mixing-findings.md).
constexpr size_t kLongTaps = 32, kShortTaps = 16;
constexpr int32_t kLongRate = 800, kShortRate = 1200;
constexpr int kSpreadShift = 6, kFastShift = 4, kSlowShift = 7;

// The size of a ring in which one can look so far back.
size_t beyond(uint32_t distance) {
  size_t size = 1;
  while (size <= distance) size *= 2;
  return size;
}

}  // namespace

uint32_t octave_quarters(uint32_t x) {
  if (x < 4) return x;
  const uint32_t log = 31 - static_cast<uint32_t>(__builtin_clz(x));
  return log * 4 - 4 + (x >> (log - 2) & 3);
}

SampleOpinions::SampleOpinions(const SampleLayout& layout) : layout_(layout) {
  for (uint32_t c = 0; c < layout.channels; ++c) {
    Channel channel{sample_taps(layout, c), {}, {kLongTaps, kLongRate}, {kShortTaps, kShortRate}};
    for (const SampleTaps& taps : channel.taps)
      channel.fits.emplace_back(taps.distances.size(), taps.fading, taps.period);
    channels_.push_back(std::move(channel));
  }
  values_.resize(beyond(std::max(3 * layout.row, 64 * layout.channels)));
  errors_.resize(beyond(std::max(2 * layout.row, 2 * layout.channels)));
  signed_.resize(errors_.size());
  for (auto& spreads : spread_of_level_) {
    for (uint32_t level = 0; level < kLevels; ++level)
      spreads[level] =
          level < 4 ? std::max(level, 2u) << 8 : (4 + level % 4) << (level / 4 - 1) << 8;
  }
}

// Above the first row, and before the first moment, the sample to the left stands for others.
int32_t SampleOpinions::back(uint32_t distance) const {
  if (time_ < layout_.channels) return (layout_.top() + 1) / 2;
  return values_[ring(distance <= time_ ? distance : layout_.channels, values_.size())];
}

int32_t SampleOpinions::set(size_t i, int32_t center) {
  return opinions_[i].center = std::clamp(center, 0, layout_.top() * 16);
}

int32_t SampleOpinions::fit(size_t i) {
  Channel& channel = channels_[channel_];
  int32_t* in = channel.fits[i].inputs();
  for (uint32_t distance : channel.taps[i].distances) *in++ = back(distance) - base_;
  return base_ * 16 + channel.fits[i].predict();
}

void SampleOpinions::form_picture() {
  const uint32_t s = layout_.channels, r = layout_.row;
  const int32_t left = back(s), above = back(r), corner = back(r + s), right = back(r - s);
  neighbours_ = {left, above, corner, right, back(2 * s), back(2 * r)};
  errors_near_ = {signed_[ring(s)], signed_[ring(r)], channel_ > 0 ? signed_[ring(1)] : 0};
  const int32_t gradient = left + above - corner;
  base_ = std::clamp(gradient, std::min(left, above), std::max(left, above));
  const int32_t own[] = {base_, left, above, gradient};
  for (size_t i = 0; i < 4; ++i) set(i, own[i] * 16);
  // The channel before has moved so far from its own neighbour.
  set(4, 16 * (channel_ > 0 ? left + back(1) - back(1 + s) : above + right - back(2 * r - s)));
  set(5, channel_ > 0 ? 16 * (above + back(1) - back(1 + r)) : 16 * left + 8 * (right - corner));
  for (size_t i = 0; i < kSampleFits; ++i) set(6 + i, fit(i));
}

void SampleOpinions::form_sound() {
  const uint32_t s = layout_.channels;
  const int32_t a = back(s), b = back(2 * s), c = back(3 * s);
  neighbours_ = {a, s > 1 ? back(1) : b, b, c, back(4 * s), back(5 * s)};
  errors_near_ = {signed_[ring(s)], signed_[ring(2 * s)], channel_ > 0 ? signed_[ring(1)] : 0};
  base_ = (layout_.top() + 1) / 2;
  set(0, 16 * a);
  set(1, 16 * (2 * a - b));
  set(2, 16 * (s > 1 ? a + back(1) - back(1 + s) : 3 * a - 3 * b + c));
  for (size_t i = 0; i < kSampleFits; ++i) set(3 + i, fit(i));
  Channel& channel = channels_[channel_];
  set(6, opinions_[5].center + channel.long_filter.predict());
  set(7, opinions_[6].center + channel.short_filter.predict());
  set(8, (opinions_[3].center + opinions_[7].center) / 2);
}

uint32_t SampleOpinions::expected_error(size_t i) const {
  const uint32_t s = layout_.channels, r = layout_.row;
  const Channel& channel = channels_[channel_];
  if (r == 0) return (channel.fast_error[i] + channel.slow_error[i]) >> 9;
  const auto at = [&](uint32_t distance) { return errors_[ring(distance)][i]; };
  return (2 * at(s) + 2 * at(r) + at(r + s) + at(r - s) + at(2 * s) + at(2 * r)) / 8;
}

// The smaller its error, the more an opinion counts.
int32_t SampleOpinions::weighed() const {
  int64_t sum = 0, weights = 0;
  for (size_t i = 0; i < kOwn; ++i) {
    const int64_t spread = opinions_[i].spread;
    const int64_t weight = (int64_t{1} << 40) / (spread * spread * spread + 1) + 1;
    sum += weight * opinions_[i].center;
    weights += weight;
  }
  return static_cast<int32_t>(sum / weights);
}

void SampleOpinions::form() {
  if (layout_.row > 0) {
    form_picture();
  } else {
    form_sound();
  }
  for (size_t i = 0; i < kCount; ++i) {
    Opinion& opinion = opinions_[i];
    if (i == kAll) opinion.center = weighed();
    opinion.level = octave_quarters(expected_error(i));
    opinion.spread = static_cast<int32_t>(std::max(spread_of_level_[i][opinion.level] >> 8, 1u));
  }
}

void SampleOpinions::learn(uint32_t value) {
  Channel& channel = channels_[channel_];
  const int32_t v = static_cast<int32_t>(value);
  for (size_t i = 0; i < kCount; ++i) {
    const uint32_t error = static_cast<uint32_t>(std::abs(16 * v - opinions_[i].center));
    errors_[ring(0)][i] = error;
    const auto follow = [&](uint32_t& mean, int shift) {
      mean += ((error << 8) >> shift) - (mean >> shift);
    };
    follow(spread_of_level_[i][opinions_[i].level], kSpreadShift);
    follow(channel.fast_error[i], kFastShift);
    follow(channel.slow_error[i], kSlowShift);
  }
  signed_[ring(0)] = 16 * v - opinions_[kAll].center;
  if (layout_.row == 0) {
    channel.long_filter.learn(16 * v - opinions_[5].center);
    channel.short_filter.learn(16 * v - opinions_[6].center);
  }
  for (LeastSquares& fit : channel.fits) fit.learn(v - base_);
  values_[ring(0, values_.size())] = static_cast<uint16_t>(value);
  ++time_;
  // What fills a row up takes a channel, too, and the next row begins with the first one.
  column_ = column_ + 1 == layout_.row ? 0 : column_ + 1;
  channel_ = column_ == 0 || channel_ + 1 == layout_.channels ? 0 : channel_ + 1;
}

}  // namespace llmz::mix
