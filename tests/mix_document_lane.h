// SPDX-License-Identifier: Apache-2.0
// What a lane of the mix knows of its own past: docs/mixing.md, "Specification of the mix", from
// "History" to "Followers".
#pragma once

#include "mix_document.h"

namespace llmz::mix_document {

inline bool is_digit(uint32_t b) { return b >= '0' && b <= '9'; }
inline bool is_letter(uint32_t b) {
  return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b >= 128;
}
inline uint32_t lower(uint32_t b) { return b >= 'A' && b <= 'Z' ? b + 32 : b; }

// History: a ring of bytes, each with an end mark.
class Ring {
 public:
  explicit Ring(uint32_t bytes) : bytes_(bytes), marks_(bytes) {}
  uint32_t operator[](uint32_t position) const { return bytes_[position % bytes_.size()]; }
  uint32_t mark(uint32_t position) const { return marks_[position % marks_.size()]; }
  void write(uint32_t position, uint8_t b) {
    bytes_[position % bytes_.size()] = b;
    marks_[position % marks_.size()] = 0;
  }
  void set_mark(uint32_t position) { marks_[position % marks_.size()] = 1; }
  // How many bytes before the two positions are equal.
  uint32_t equal_before(uint32_t a, uint32_t b, uint32_t most) const {
    uint32_t count = 0;
    while (count < most && (*this)[a - 1 - count] == (*this)[b - 1 - count]) ++count;
    return count;
  }

 private:
  std::vector<uint8_t> bytes_, marks_;
};

// Followers: where one is.
struct Follower {
  uint32_t at = 0, length = 0, missed = 0;
  uint32_t bucket() const {
    if (length == 0) return 0;
    const uint32_t step = 1 + (length >= 8) + (length >= 12) + (length >= 16) + (length >= 24) +
                          (length >= 32) + (length >= 48);
    return missed == 0 ? step + 7 : step;
  }
};

// Followers: the index that lanes share.
class FollowerIndex {
 public:
  FollowerIndex(int bits, uint32_t least) : bits_(bits), least_(least), words_(size_t{1} << bits) {}
  void advance(Follower& follower, uint32_t b, uint32_t hash, uint32_t position, const Ring& ring) {
    if (follower.length > 0) {
      if (ring[follower.at] == b) {
        follower.length = std::min(follower.length + 1, 65535u);
        ++follower.at;
      } else {
        follower.length = 0;
        follower.missed = 3;
      }
    }
    uint32_t& entry = words_[hash >> (32 - bits_)];
    if (follower.length == 0 && entry != 0) {
      const uint32_t equal = ring.equal_before(entry, position, 48);
      if (equal >= least_) {
        follower.length = equal;
        follower.at = entry;
      }
    }
    if (follower.length > 0 && follower.length % 16 == 0 && follower.missed > 0) --follower.missed;
    entry = position;
  }

 private:
  int bits_;
  uint32_t least_;
  std::vector<uint32_t> words_;
};

// A lane.
struct Lane {
  uint32_t low = 0, high = 0, position = 0;
  uint32_t w = 0, w1 = 0, w2 = 0;
  uint32_t line_start = 1, above = 0, line_hash = 0, column = 0, field = 0;
  uint32_t prefix = 0, length = 0;
  uint32_t t1 = 0, t2 = 0, t3 = 0;
  Follower short_follower, long_follower;

  uint32_t last() const { return low & 255; }
  // The follower that M and N2 go by.
  const Follower& longer() const {
    return long_follower.length > 0 ? long_follower : short_follower;
  }
};

// A byte b ends, without LF: by how many bytes the place above moves on.
inline uint32_t step_above(uint32_t above, uint32_t b, const Ring& ring) {
  const auto names = [](uint32_t byte) { return is_letter(byte) || is_digit(byte); };
  if (ring[above] == b) return 1;
  if (names(b)) return names(ring[above]) ? 1 : 0;
  for (uint32_t i = 0; i < 32; ++i) {
    if (ring[above + i] == b) return i + 1;
    if (ring[above + i] == '\n') return 0;
  }
  return 0;
}

// A byte b ends.
inline void end_byte(Lane& lane, uint8_t b, Ring& ring, FollowerIndex& short_index,
                     FollowerIndex& long_index) {
  lane.high = lane.high << 8 | lane.low >> 24;
  lane.low = lane.low << 8 | b;
  const uint32_t short_hash = hash(lane.low, lane.high & 255);
  const uint32_t long_hash = hash(hash(lane.low, lane.high), 14);
  ring.write(lane.position, b);
  ++lane.position;
  ++lane.column;
  lane.prefix = hash(lane.prefix + 1, b);
  ++lane.length;
  if (is_letter(b)) {
    lane.w = hash(lane.w + 1, lower(b));
  } else if (lane.w != 0) {
    lane.w2 = lane.w1;
    lane.w1 = lane.w;
    lane.w = 0;
  }
  if (b == '\n') {
    lane.above = lane.line_start;
    lane.line_start = lane.position;
    lane.column = lane.field = lane.line_hash = 0;
  } else {
    if (lane.column <= 4) lane.line_hash = hash(lane.line_hash, b);
    if (!is_letter(b) && !is_digit(b)) ++lane.field;
    lane.above += step_above(lane.above, b, ring);
  }
  short_index.advance(lane.short_follower, b, short_hash, lane.position, ring);
  long_index.advance(lane.long_follower, b, long_hash, lane.position, ring);
}

// A token ends.
inline void end_token(Lane& lane, uint32_t id, Ring& ring) {
  ring.set_mark(lane.position - 1);
  lane.t3 = lane.t2;
  lane.t2 = lane.t1;
  lane.t1 = id + 1;
  lane.prefix = lane.length = 0;
}

}  // namespace llmz::mix_document
