// SPDX-License-Identifier: Apache-2.0
// What several predictors expect of the next sample of a picture or of sound, and how far off each
// of them is likely to be (docs/sample-mix.md).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mix/sample_filter.h"
#include "mix/sample_layout.h"
#include "mix/sample_least_squares.h"
#include "mix/sample_taps.h"

namespace llmz::mix {

// floor(4 * log2(x)) or so: x itself below 4, then four for each octave. 0 .. 75 for x < 2^20.
uint32_t octave_quarters(uint32_t x);

class SampleOpinions {
 public:
  static constexpr size_t kOwn = 9, kAll = kOwn, kCount = kOwn + 1;  // kAll: all of them, weighed
  static constexpr size_t kLevels = 80, kNeighbours = 6;
  struct Opinion {
    int32_t center = 0, spread = 1;  // in sixteenths; the spread is the mean error
    uint32_t level = 0;              // octave_quarters() of the error expected by the neighbours'
  };

  explicit SampleOpinions(const SampleLayout& layout);

  // Of the sample behind those that were learned.
  void form();
  const Opinion& operator[](size_t i) const { return opinions_[i]; }
  void learn(uint32_t value);

  // Left, above, and four more; of sound the newest, of stereo with one of the other channel.
  int32_t neighbour(size_t i) const { return neighbours_[i]; }
  // How far the last opinion was off (signed): left, above; and in the channel before.
  int32_t error(size_t i) const { return errors_near_[i]; }
  uint32_t channel() const { return channel_; }

 private:
  struct Channel {
    std::array<SampleTaps, kSampleFits> taps;
    std::vector<LeastSquares> fits;
    SampleFilter long_filter, short_filter;
    std::array<uint32_t, kCount> fast_error{}, slow_error{};  // means, in 2^-8 sixteenths
  };
  using Errors = std::array<uint32_t, kCount>;

  int32_t back(uint32_t distance) const;
  size_t ring(uint32_t distance, size_t size) const { return (time_ - distance) & (size - 1); }
  size_t ring(uint32_t distance) const { return ring(distance, errors_.size()); }
  void form_picture();
  void form_sound();
  int32_t set(size_t i, int32_t center);
  int32_t fit(size_t i);
  uint32_t expected_error(size_t i) const;
  int32_t weighed() const;

  const SampleLayout layout_;
  std::vector<Channel> channels_;
  std::vector<uint16_t> values_;  // rings
  std::vector<Errors> errors_;    // without sign, in sixteenths
  std::vector<int32_t> signed_;   // of the last opinion
  std::array<std::array<uint32_t, kLevels>, kCount> spread_of_level_;  // in 2^-8 sixteenths

  uint32_t time_ = 0, column_ = 0, channel_ = 0;  // column_ counts on where there are no rows
  int32_t base_ = 0;  // what the inputs of linear predictors are counted from
  std::array<Opinion, kCount> opinions_;
  std::array<int32_t, kNeighbours> neighbours_{};
  std::array<int32_t, 3> errors_near_{};
};

}  // namespace llmz::mix
