// SPDX-License-Identifier: Apache-2.0
// Does the decoder stay within its invariants on bytes that no encoder wrote, and notice a payload
// of the wrong length?
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "entropy/range_coder.h"

using namespace llmz;

namespace {

struct Part {
  uint32_t low, frequency;
};

// A part of pseudo-random size that holds `target`: tables that change with every symbol.
Part part_around(uint32_t target, std::mt19937_64& random) {
  const uint32_t reach = kFrequencyTotal >> random() % 25;
  const uint32_t before = static_cast<uint32_t>(random() % (uint64_t{std::min(target, reach)} + 1));
  const uint32_t after =
      static_cast<uint32_t>(random() % std::min(kFrequencyTotal - target, reach + 1));
  return {target - before, before + after + 1};
}

Bytes random_bytes(std::mt19937_64& random, size_t size) {
  Bytes bytes(size);
  const int kind = static_cast<int>(random() % 4);
  for (uint8_t& b : bytes) {
    b = kind == 0 ? 0xff : kind == 1 ? 0 : kind == 2 ? random() % 2 * 0xff : random() % 256;
  }
  return bytes;
}

}  // namespace

TEST_CASE("any bytes decode to something, and the target is always below the total") {
  std::mt19937_64 random(8);
  for (int round = 0; round < 1000; ++round) {
    const Bytes garbage = random_bytes(random, random() % 200);
    RangeDecoder decoder(garbage);
    for (int i = 0; i < 500; ++i) {
      const uint32_t target = decoder.target();
      if (target >= kFrequencyTotal) FAIL("target " << target);
      const Part p = part_around(target, random);
      decoder.consume(p.low, p.frequency);  // throws if its invariant breaks
    }
    CHECK(decoder.consumed_bytes() <= garbage.size());
  }
}

TEST_CASE("a payload of another length is noticed") {
  std::mt19937_64 random(9);
  for (int round = 0; round < 300; ++round) {
    RangeEncoder encoder;
    std::vector<Part> message(1 + random() % 100);
    for (Part& p : message) {
      p = part_around(static_cast<uint32_t>(random() % kFrequencyTotal), random);
      encoder.encode(p.low, p.frequency);
    }
    const Bytes payload = encoder.finish();
    for (size_t length = 0; length < payload.size() + 10; ++length) {
      if (length + 1 == payload.size() || length == payload.size() ||
          length == payload.size() + 1) {
        continue;  // one byte may be the optional one: the content checksum's business
      }
      Bytes other = payload;
      other.resize(length, 0x5a);
      RangeDecoder decoder(other);
      bool same = true;
      for (const Part& p : message) {
        const uint32_t t = decoder.target();
        same = same && t >= p.low && t - p.low < p.frequency;
        if (!same) break;
        decoder.consume(p.low, p.frequency);
      }
      // Cut: other symbols or too many zeros. Longer: bytes are left over.
      if (same && decoder.finished_cleanly()) FAIL(length << " passes for " << payload.size());
    }
  }
}

TEST_CASE("reading on after the end is noticed and harmless") {
  RangeDecoder decoder{ByteView()};
  CHECK_FALSE(decoder.overran());
  CHECK(decoder.finished_cleanly());
  for (int i = 0; i < 100; ++i) decoder.consume(0, 1);
  CHECK(decoder.overran());
  CHECK_FALSE(decoder.finished_cleanly());
}

TEST_CASE("impossible intervals are refused") {
  RangeEncoder encoder;
  CHECK_THROWS_AS(encoder.encode(5, 0), Error);
  CHECK_THROWS_AS(encoder.encode(kFrequencyTotal, 1), Error);
  CHECK_THROWS_AS(encoder.encode(1, kFrequencyTotal), Error);
  CHECK_THROWS_AS(encoder.encode(0xffffffff, 0xffffffff), Error);
  RangeDecoder decoder{ByteView()};
  CHECK_THROWS_AS(decoder.consume(1, 1), Error);  // the target is 0
  CHECK_THROWS_AS(decoder.consume(0, 0), Error);
}
