// SPDX-License-Identifier: Apache-2.0
#include "mix/expectations.h"

#include <algorithm>

namespace llmz::mix {
namespace {

constexpr uint32_t kShortest[Expectations::kRepeats] = {5, 9, 20};
constexpr uint32_t kVerified = 64, kLongest = 65535;

// Of the last bytes: 5, 8, or 8 and those 12, 16 and 20 back.
uint32_t repeat_hash(size_t i, const TextState& s, const History& history) {
  if (i == 0) return hash2(s.low(4), s.high() & 0xff);
  const uint32_t eight = hash2(s.low(4), s.high());
  if (i == 1) return hash2(eight, 9);
  const uint32_t p = s.position;
  return hash2(hash2(eight, history.at(p - 12)), history.at(p - 16) | history.at(p - 20) << 8);
}

// Decimal digits from `at` on.
struct Number {
  uint64_t value = 0;
  uint32_t digits = 0;
  Number(const History& history, uint32_t at) {
    while (digits < 18 && is_digit(history.at(at + digits))) {
      value = value * 10 + (history.at(at + digits) - '0');
      ++digits;
    }
  }
};

}  // namespace

Expectations::Expectations(int memory_bits)
    : repeat_shift_(32 - std::min(memory_bits - 6, 20)),
      place_shift_(32 - std::min(memory_bits - 6, 16)),
      repeats_{ZeroMemory<uint32_t>(size_t{1} << (32 - repeat_shift_)),
               ZeroMemory<uint32_t>(size_t{1} << (32 - repeat_shift_)),
               ZeroMemory<uint32_t>(size_t{1} << (32 - repeat_shift_))},
      places_{ZeroMemory<Places>(size_t{1} << (32 - place_shift_)),
              ZeroMemory<Places>(size_t{1} << (32 - place_shift_)),
              ZeroMemory<Places>(size_t{1} << (32 - place_shift_))} {}

uint32_t Expectations::confidence(size_t i) const {
  const uint32_t n = of_[i].length;
  const uint32_t step = n < 8     ? n
                        : n < 12  ? 8
                        : n < 16  ? 9
                        : n < 24  ? 10
                        : n < 32  ? 11
                        : n < 64  ? 12
                        : n < 128 ? 13
                        : n < 512 ? 14
                                  : 15;
  return step * 16 + (of_[i].errors & 15);
}

void Expectations::follow(One& one, uint8_t b) {
  if (!one.valid) return;
  const bool hit = one.byte == b;
  one.errors = one.errors << 1 | !hit;
  one.length = hit ? std::min(one.length + 1, kLongest) : 0;
  ++one.at;
}

// A repeat that has erred goes on behind the byte that differs, until a longer one is found or half
// of the last 16 bytes were wrong.
void Expectations::find_repeat(size_t i, const TextState& s, const History& history) {
  One& one = of_[i];
  uint32_t& last = repeats_[i][repeat_hash(i, s, history) >> repeat_shift_];
  if (one.length < kShortest[i] && last != 0) {
    uint32_t length = 0;
    while (length < kVerified &&
           history.at(last - 1 - length) == history.at(s.position - 1 - length))
      ++length;
    if (length >= kShortest[i]) {
      one.length = length;
      one.at = last;
      one.valid = true;
    }
  }
  if (one.valid && __builtin_popcount(one.errors & 0xffff) > 8) {
    one.valid = false;
    one.errors = one.length = 0;
  }
  last = s.position;
}

void Expectations::find_place(size_t i, uint32_t key) {
  One& one = of_[kRepeats + i];
  Places& places = places_[i][key >> place_shift_];
  if (places.last != 0) {
    if (!one.valid || one.at != places.last) one.length = 0;
    one.at = places.last;
    one.valid = true;
  }
}

// The number at this place was `before`, then `last`: the next one is as far from it.
void Expectations::count_on(const Places& places, const History& history) {
  One& one = of_[kCounted];
  one.valid = false;
  if (places.last == 0 || places.before == 0) return;
  const Number last(history, places.last), before(history, places.before);
  if (last.digits == 0 || before.digits == 0 || last.value == before.value) return;
  const uint64_t next = 2 * last.value - before.value;
  if (static_cast<int64_t>(next) < 0) return;
  uint8_t reversed[20];
  uint32_t n = 0;
  for (uint64_t v = next; v > 0 || n == 0; v /= 10)
    reversed[n++] = static_cast<uint8_t>('0' + v % 10);
  if (history.at(places.last) == '0') {
    while (n < last.digits) reversed[n++] = '0';
  }
  for (uint32_t k = 0; k < n; ++k) counted_[k] = reversed[n - 1 - k];
  counted_size_ = n;
  one.at = 0;
  one.length = 0;
  one.valid = true;
  one.byte = counted_[0];
}

// The place in the line above that answers to the next one: step by step in a token, and behind the
// same separator where there is one near.
void Expectations::follow_above(const TextState& s, const History& history) {
  One& one = of_[kAbove];
  const uint8_t b = s.byte(0);
  if (b == '\n') {
    one.at = line_above_;
    one.valid = true;
    line_above_ = s.position;
    one.length = 0;
    return;
  }
  if (!one.valid) return;
  const bool hit = one.byte == b;
  one.errors = one.errors << 1 | !hit;
  one.length = hit ? std::min(one.length + 1, kLongest) : 0;
  if (hit) {
    ++one.at;
  } else if (is_token_byte(b)) {
    one.at += is_token_byte(one.byte);
  } else {
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t ahead = history.at(one.at + i);
      if (ahead == b) {
        one.at += i + 1;
        break;
      }
      if (ahead == '\n') break;
    }
  }
}

void Expectations::advance(const TextState& s, const History& history) {
  const uint8_t b = s.byte(0);
  for (size_t i = 0; i < kAbove; ++i) follow(of_[i], b);
  One& counter = of_[kCounted];
  if (counter.valid) {
    if (counter.length == 0 || counter.at >= counted_size_) {
      counter.valid = false;
    } else {
      counter.byte = counted_[counter.at];
    }
  }
  for (size_t i = 0; i < kRepeats; ++i) find_repeat(i, s, history);
  if (s.at_token_start) {
    const uint32_t keys[kPlaces] = {hash2(s.shape, s.column == 0 ? s.shape_before : 1),
                                    hash2(hash2(s.masked_before[0], s.masked_before[1]), s.low(2)),
                                    hash2(s.cell, s.cell_hash == 0 ? 1 : hash2(s.field, 2))};
    for (size_t i = 0; i < kPlaces; ++i) find_place(i, keys[i]);
    count_on(places_[0][keys[0] >> place_shift_], history);
    for (size_t i = 0; i < kPlaces; ++i) {
      Places& places = places_[i][keys[i] >> place_shift_];
      places.before = places.last;
      places.last = s.position;
    }
  }
  follow_above(s, history);
  for (size_t i = 0; i < kCount; ++i) {
    if (of_[i].valid && i != kCounted) of_[i].byte = history.at(of_[i].at);
  }
}

}  // namespace llmz::mix
