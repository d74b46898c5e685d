// SPDX-License-Identifier: Apache-2.0
// Does a carry reach back through any number of 0xff bytes, and never beyond the first byte?
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "entropy/range_coder.h"

using namespace llmz;

namespace {

struct Part {
  uint32_t low, frequency;
};

// Symbols whose interval always has `point` (a fraction, in bytes) strictly inside, until the
// encoder has written `size_bytes`: the bytes so far are those just below the point.
std::vector<Part> straddle(const Bytes& point, size_t size_bytes, uint32_t frequency) {
  RangeDecoder at_point(point);
  RangeEncoder encoder;
  std::vector<Part> parts;
  while (encoder.size_bytes() < size_bytes) {
    const uint32_t target = at_point.target();
    const uint32_t low = target > frequency / 2 ? target - frequency / 2 : 0;
    const Part part{low, std::min(frequency, kFrequencyTotal - low)};
    at_point.consume(part.low, part.frequency);
    encoder.encode(part.low, part.frequency);
    parts.push_back(part);
  }
  return parts;
}

Bytes encode(const std::vector<Part>& parts) {
  RangeEncoder encoder;
  for (const Part& p : parts) encoder.encode(p.low, p.frequency);
  return encoder.finish();
}

bool decodes(const Bytes& payload, const std::vector<Part>& parts) {
  RangeDecoder decoder(payload);
  for (const Part& p : parts) {
    const uint32_t t = decoder.target();
    if (t < p.low || t - p.low >= p.frequency) return false;
    decoder.consume(p.low, p.frequency);
  }
  return decoder.finished_cleanly();
}

size_t count(const Bytes& bytes, uint8_t value) {
  return static_cast<size_t>(std::count(bytes.begin(), bytes.end(), value));
}

}  // namespace

TEST_CASE("a run of 0xff is resolved upwards and downwards") {
  for (uint32_t frequency : {2u, 3u, 1000u, 1u << 20, 1u << 23}) {
    for (size_t length : {2u, 3u, 4u, 5u, 100u, 5000u}) {
      // Just below 0.5: 7f ff ff ff ...
      std::vector<Part> parts = straddle({0x80}, length, frequency);
      CHECK(decodes(encode(parts), parts));

      std::vector<Part> below = parts;
      below.push_back({0, 1});
      const Bytes without_carry = encode(below);
      CHECK(decodes(without_carry, below));
      CHECK(without_carry[0] == 0x7f);
      CHECK(count(without_carry, 0xff) + 5 >= length);

      std::vector<Part> above = parts;
      above.push_back({kFrequencyTotal - 1, 1});
      const Bytes with_carry = encode(above);
      CHECK(decodes(with_carry, above));
      CHECK(with_carry[0] == 0x80);
      CHECK(count(with_carry, 0x00) + 5 >= length);
    }
  }
}

TEST_CASE("carries at random points come out right") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    // Points with runs of 00 bytes: runs of ff just below them.
    Bytes point(1 + random() % 60);
    for (uint8_t& b : point) b = random() % 4 ? 0 : static_cast<uint8_t>(random());
    point[0] = static_cast<uint8_t>(1 + random() % 255);
    std::vector<Part> parts = straddle(point, point.size() + random() % 8, 2 + random() % 100);
    parts.push_back({random() % 2 ? 0 : kFrequencyTotal - 1, 1});
    CHECK(decodes(encode(parts), parts));
  }
}

TEST_CASE("the top end of the first interval has no carry out of the first byte") {
  for (size_t symbols : {1u, 2u, 3u, 50u}) {
    const std::vector<Part> parts(symbols, {kFrequencyTotal - 1, 1});
    const Bytes payload = encode(parts);
    CHECK(decodes(payload, parts));
    CHECK(payload[0] == 0xff);
  }
}
