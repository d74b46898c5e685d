// SPDX-License-Identifier: Apache-2.0
// Range coder: intervals of a frequency table in, bytes out, and back.
//
// A symbol is an interval [cumulative_low, cumulative_low + frequency) of [0, 2^24). Coding it
// narrows the current interval of numbers [low, low + range) to the same share of it; a symbol
// of probability p costs -log2(p) bits, plus under 0.000004 bit on average. Both directions
// round in interval_of() and nowhere else.
//
// Method: G. N. N. Martin, "Range encoding" (1979), with the byte-wise renormalization and the
// carry of LZMA. Proofs of every invariant named here: docs/range-coder.md.
// Threads: a coder belongs to one thread at a time; nothing is shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace llmz {

// Every frequency table has this total.
constexpr int kFrequencyBits = 24;
constexpr uint32_t kFrequencyTotal = uint32_t{1} << kFrequencyBits;

// Between two symbols 2^24 <= range <= 2^32. It is 2^32 only until the first renormalization.
constexpr uint64_t kInitialRange = uint64_t{1} << 32;
constexpr uint64_t kSmallestRange = uint64_t{1} << 24;

// A symbol's part of the range, relative to low: [begin, begin + width).
struct RangeInterval {
  uint64_t begin;
  uint64_t width;
};

// Neighbours share a bound, so the intervals of a table cut the range without gap or overlap.
// width >= 1, because range >= 2^24 and frequency >= 1.
inline RangeInterval interval_of(uint64_t range, uint32_t cumulative_low, uint32_t frequency) {
  const uint64_t begin = (range * cumulative_low) >> kFrequencyBits;
  const uint64_t end = (range * (uint64_t{cumulative_low} + frequency)) >> kFrequencyBits;
  return {begin, end - begin};
}

// The largest t whose bound floor(range * t / 2^24) is <= code. t < 2^24 if code < range.
inline uint32_t target_of(uint64_t range, uint64_t code) {
  return static_cast<uint32_t>((((code + 1) << kFrequencyBits) - 1) / range);
}

// Throws Error{kInternal} unless the interval is a part of [0, 2^24) and not empty: a table with
// a hole would otherwise become a file that nobody can read.
inline void check_interval(uint32_t cumulative_low, uint32_t frequency) {
  if (frequency == 0 || uint64_t{cumulative_low} + frequency > kFrequencyTotal) {
    throw Error(ErrorKind::kInternal, "range coder: an interval inside [0, 2^24) was expected, [" +
                                          std::to_string(cumulative_low) + ", +" +
                                          std::to_string(frequency) + ") was found");
  }
}

class RangeEncoder {
 public:
  // Needs frequency >= 1 and cumulative_low + frequency <= 2^24; Error{kInternal} otherwise.
  void encode(uint32_t cumulative_low, uint32_t frequency) {
    check_interval(cumulative_low, frequency);
    const RangeInterval part = interval_of(range_, cumulative_low, frequency);
    add_to_low(static_cast<uint32_t>(part.begin));
    range_ = part.width;
    while (range_ < kSmallestRange) {
      bytes_.push_back(static_cast<uint8_t>(low_ >> 24));
      low_ <<= 8;
      range_ <<= 8;
    }
  }

  // Bytes fixed so far, but for a carry; finish() adds at most one.
  size_t size_bytes() const { return bytes_.size(); }

  // Ends the message: the shortest bytes that the decoder, which reads zeros after the end, finds
  // inside the final interval; no more than 1 byte longer than the sum of -log2(width / range).
  // No symbol at all gives no byte. The encoder is then as new.
  Bytes finish() {
    const uint64_t end = low_ + range_;
    // Zeros alone are inside if low is 0; zeros after a carry if the interval crosses 2^32.
    if (end > kInitialRange) {
      carry();
    } else if (low_ != 0) {
      // An interval of 2^24 or more numbers holds a multiple of 2^24.
      bytes_.push_back(static_cast<uint8_t>((uint64_t{low_} + kSmallestRange - 1) >> 24));
    }
    low_ = 0;
    range_ = kInitialRange;
    return std::exchange(bytes_, Bytes());
  }

 private:
  void add_to_low(uint32_t begin) {
    low_ += begin;
    if (low_ < begin) carry();  // the sum passed 2^32
  }

  // Adds one to the number written so far. Where LZMA holds back a run of 0xff until it knows,
  // this goes back over it: the bytes are the same, and each 0xff is turned to zero once. There is
  // always a byte below 0xff to take the carry, because the number stays below 1.
  void carry() {
    size_t i = bytes_.size();
    while (i > 0 && ++bytes_[--i] == 0) {
    }
  }

  Bytes bytes_;
  uint32_t low_ = 0;  // the next four bytes of the interval's lower end
  uint64_t range_ = kInitialRange;
};

// Reads what RangeEncoder wrote. Any bytes are safe to read: wrong ones give wrong symbols, and
// every call ends. The caller bounds the number of symbols.
class RangeDecoder {
 public:
  // `payload` must outlive the decoder.
  explicit RangeDecoder(ByteView payload) : payload_(payload) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next_byte();
  }

  // A number in [0, 2^24) that lies in the interval of the next symbol and in no other. Call
  // consume() with that interval before the next target().
  uint32_t target() const { return target_of(range_, code_); }

  // Error{kInternal} if the interval does not hold target().
  void consume(uint32_t cumulative_low, uint32_t frequency) {
    check_interval(cumulative_low, frequency);
    const RangeInterval part = interval_of(range_, cumulative_low, frequency);
    if (code_ - part.begin >= part.width) {  // also true if code_ < begin: the difference wraps
      throw Error(ErrorKind::kInternal, "range decoder: the interval consumed is not the target's");
    }
    code_ -= part.begin;
    range_ = part.width;
    while (range_ < kSmallestRange) {
      code_ = code_ << 8 | next_byte();
      range_ <<= 8;
    }
  }

  // Bytes of the payload that were read.
  size_t consumed_bytes() const {
    return payload_.size < read_bytes_ ? payload_.size : read_bytes_;
  }

  // More zeros were read after the end than any complete message needs: it is cut or damaged, and
  // to go on is pointless, though safe.
  bool overran() const { return padding_bytes() > 4; }

  // After the last symbol: the payload has exactly the length that finish() gave it. The encoder
  // wrote n or n + 1 bytes and the decoder has read n + 4.
  bool finished_cleanly() const {
    return read_bytes_ >= payload_.size && (padding_bytes() == 3 || padding_bytes() == 4);
  }

 private:
  size_t padding_bytes() const { return read_bytes_ - consumed_bytes(); }
  uint64_t next_byte() {
    const size_t i = read_bytes_++;
    return i < payload_.size ? payload_[i] : 0;
  }

  ByteView payload_;
  size_t read_bytes_ = 0;  // with the zeros after the end
  uint64_t code_ = 0;      // the payload's number minus low; code_ < range_, always
  uint64_t range_ = kInitialRange;
};

}  // namespace llmz
