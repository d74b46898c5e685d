// SPDX-License-Identifier: Apache-2.0
// Which byte comes next if the text does what it did before: each *expectation* is one byte and how
// far it is to be trusted. Three follow the last occurrence of the last 5, 9 and 20 bytes and go on
// behind a byte that differs; three follow what stood at this place of the line, of the cell, and
// behind the last two tokens when they came last; one counts on.
#pragma once

#include <array>
#include <cstdint>

#include "base/zero_memory.h"
#include "mix/history.h"
#include "mix/text_state.h"

namespace llmz::mix {

class Expectations {
 public:
  static constexpr size_t kRepeats = 3, kPlaces = 3, kCount = kRepeats + kPlaces + 2;
  static constexpr size_t kCounted = kRepeats + kPlaces, kAbove = kCounted + 1;
  static constexpr uint32_t kConfidences = 256;  // 16 of length by 16 of recent errors

  explicit Expectations(int memory_bits);
  void share() {
    for (auto& repeats : repeats_) repeats.share();
    for (auto& places : places_) places.share();
  }

  // After the byte before state.position was written and appended.
  void advance(const TextState& state, const History& history);

  bool has(size_t i) const { return of_[i].valid; }
  uint8_t byte(size_t i) const { return of_[i].byte; }
  uint32_t at(size_t i) const { return of_[i].at; }
  uint32_t length(size_t i) const { return of_[i].length; }
  uint32_t errors(size_t i) const { return of_[i].errors; }
  uint32_t confidence(size_t i) const;

 private:
  struct One {
    uint32_t at = 0;      // of the byte expected next; not of the counter
    uint32_t length = 0;  // bytes that agreed since the last one that did not
    uint32_t errors = 0;  // of the last bytes, the newest lowest
    uint8_t byte = 0;
    bool valid = false;
  };
  struct Places {
    uint32_t last = 0, before = 0;
  };

  void follow(One& one, uint8_t b);
  void find_repeat(size_t i, const TextState& state, const History& history);
  void find_place(size_t i, uint32_t key);
  void follow_above(const TextState& state, const History& history);
  void count_on(const Places& places, const History& history);

  std::array<One, kCount> of_;
  int repeat_shift_, place_shift_;
  std::array<ZeroMemory<uint32_t>, kRepeats> repeats_;
  std::array<ZeroMemory<Places>, kPlaces> places_;
  uint32_t line_above_ = 1;  // where the line in hand began
  std::array<uint8_t, 20> counted_{};
  uint32_t counted_size_ = 0;
};

}  // namespace llmz::mix
