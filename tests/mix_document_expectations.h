// SPDX-License-Identifier: Apache-2.0
// The eight bytes that are likely to come: docs/mixing.md, "Specification of the rich mix",
// "Expectations". Steps and names are the document's.
#pragma once

#include "mix_document_text.h"

namespace llmz::mix_document {

struct Expectation {
  bool valid = false;
  uint32_t at = 0, length = 0, errors = 0, byte = 0;
  void compare(uint32_t b) {
    errors = 2 * errors + (byte != b);
    length = byte == b ? std::min(length + 1, 65535u) : 0;
  }
};

// Confidence.
inline uint32_t confidence(const Expectation& e) {
  uint32_t step = e.length;
  if (step >= 8) {
    step = 8;
    for (uint32_t least : {12u, 16u, 24u, 32u, 64u, 128u, 512u}) step += e.length >= least;
  }
  return 16 * step + (e.errors & 15);
}

class Expectations {
 public:
  explicit Expectations(int m)
      : repeat_bits_(std::min(m - 6, 20)), place_bits_(std::min(m - 6, 16)) {
    for (auto& index : repeats_) index.resize(size_t{1} << repeat_bits_);
    for (auto& table : places_) table.resize(size_t{1} << place_bits_);
  }
  const Expectation& operator[](size_t i) const { return of_[i]; }

  void add(uint8_t b, const Text& text) {
    for (size_t i = 0; i < 7; ++i) {  // step 1
      if (!of_[i].valid) continue;
      of_[i].compare(b);
      ++of_[i].at;
    }
    advance_counter();
    find_repeats(text);
    if (text.at_token_start) find_places(text);
    follow_line_above(b, text);
    for (size_t i = 0; i < 8; ++i) {  // step 6
      if (of_[i].valid && i != 6) of_[i].byte = text.ring[of_[i].at];
    }
  }

  // The best; null if none is valid.
  const Expectation* best() const {
    const Expectation* best = nullptr;
    for (size_t i : {2u, 1u, 3u, 4u, 0u, 5u}) {
      if (!of_[i].valid) continue;
      if (!best || std::min(of_[i].length, 16u) > best->length) best = &of_[i];
    }
    return best;
  }

 private:
  struct Place {
    uint32_t last = 0, before = 0;
  };

  // Step 2.
  void advance_counter() {
    Expectation& counter = of_[6];
    if (!counter.valid) return;
    counter.valid = counter.length != 0 && counter.at != digits_.size();
    if (counter.valid) counter.byte = static_cast<uint8_t>(digits_[counter.at]);
  }

  // Step 3.
  void find_repeats(const Text& text) {
    const Ring& ring = text.ring;
    const uint32_t position = text.position, low = text.low(4), high = text.high;
    const uint32_t R[] = {
        hash(low, high & 0xff), hash(low, high, 9),
        hash(hash(low, high, ring[position - 12]), ring[position - 16] | ring[position - 20] << 8)};
    const uint32_t least[] = {5, 9, 20};
    for (size_t i = 0; i < 3; ++i) {
      Expectation& e = of_[i];
      uint32_t& entry = repeats_[i][R[i] >> (32 - repeat_bits_)];
      if (e.length < least[i] && entry != 0) {
        const uint32_t equal = ring.equal_before(entry, position, 64);
        if (equal >= least[i]) {
          e.length = equal;
          e.at = entry;
          e.valid = true;
        }
      }
      uint32_t recent = 0;
      for (uint32_t k = 0; k < 16; ++k) recent += e.errors >> k & 1;
      if (e.valid && recent > 8) {
        e.valid = false;
        e.errors = e.length = 0;
      }
      entry = position;
    }
  }

  // Step 4.
  void find_places(const Text& text) {
    const uint32_t keys[] = {
        hash(text.shape, text.column == 0 ? text.shape_before : 1),
        hash(text.masked1, text.masked2, text.low(2)),
        hash(text.cell, text.cell_hash == 0 ? 1 : hash(text.field, 2)),
    };
    std::array<Place*, 3> place;
    for (size_t i = 0; i < 3; ++i) {
      place[i] = &places_[i][keys[i] >> (32 - place_bits_)];
      const uint32_t last = place[i]->last;
      Expectation& e = of_[3 + i];
      if (last == 0) continue;
      if (!e.valid || e.at != last) e.length = 0;
      e.at = last;
      e.valid = true;
    }
    count_on(*place[0], text.ring);
    for (Place* p : place) *p = {text.position, p->last};
  }
  static std::string digits_at(uint32_t position, const Ring& ring) {
    std::string digits;
    while (digits.size() < 18 && is_digit(ring[position])) {
      digits += static_cast<char>(ring[position]);
      ++position;
    }
    return digits;
  }
  void count_on(const Place& place, const Ring& ring) {
    Expectation& counter = of_[6];
    counter.valid = false;
    if (place.last == 0 || place.before == 0) return;
    const std::string last = digits_at(place.last, ring), before = digits_at(place.before, ring);
    if (last.empty() || before.empty()) return;
    const int64_t last_number = std::stoll(last), before_number = std::stoll(before);
    const int64_t next = 2 * last_number - before_number;
    if (last_number == before_number || next < 0) return;
    digits_ = std::to_string(next);
    if (last[0] == '0' && digits_.size() < last.size())
      digits_.insert(0, last.size() - digits_.size(), '0');
    counter.at = counter.length = 0;
    counter.valid = true;
    counter.byte = static_cast<uint8_t>(digits_[0]);
  }

  // Step 5.
  void follow_line_above(uint32_t b, const Text& text) {
    Expectation& e = of_[7];
    if (b == '\n') {
      e.at = line_begin_;
      e.valid = true;
      e.length = 0;
      line_begin_ = text.position;
    } else if (e.valid) {
      e.compare(b);
      if (e.byte == b) {
        ++e.at;
      } else if (is_token_byte(b)) {
        e.at += is_token_byte(e.byte);
      } else {
        e.at += behind_separator(e.at, b, text.ring);
      }
    }
  }
  static uint32_t behind_separator(uint32_t at, uint32_t b, const Ring& ring) {
    for (uint32_t j = 0; j < 32; ++j) {
      if (ring[at + j] == b) return j + 1;
      if (ring[at + j] == '\n') return 0;
    }
    return 0;
  }

  int repeat_bits_, place_bits_;
  std::array<Expectation, 8> of_;
  std::string digits_;  // of the counter
  std::array<std::vector<uint32_t>, 3> repeats_;
  std::array<std::vector<Place>, 3> places_;
  uint32_t line_begin_ = 1;
};

}  // namespace llmz::mix_document
