// SPDX-License-Identifier: Apache-2.0
// Does the decoder give back every message, whatever the tables, and know where it ends?
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "entropy/range_coder.h"

using namespace llmz;

namespace {

// bounds[i] .. bounds[i + 1] is symbol i; the last bound is the total.
using Table = std::vector<uint32_t>;

Table random_table(std::mt19937_64& random) {
  // Bounds drawn with a random power are crowded at one end: from even to extremely skewed.
  const double skew = std::exp(std::uniform_real_distribution<>(-1, 5)(random));
  const size_t symbols = 1 + random() % (random() % 2 ? 5 : 3000);
  Table bounds{0, kFrequencyTotal};
  for (size_t i = 1; i < symbols; ++i) {
    const double x = std::pow(std::uniform_real_distribution<>(0, 1)(random), skew);
    bounds.push_back(static_cast<uint32_t>(x * (kFrequencyTotal - 1)));
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return bounds;
}

size_t symbol_at(const Table& table, uint32_t target) {
  return static_cast<size_t>(std::upper_bound(table.begin(), table.end(), target) - table.begin()) -
         1;
}

struct Symbol {
  size_t table;
  size_t index;
};

void check_round_trip(const std::vector<Table>& tables, const std::vector<Symbol>& message) {
  RangeEncoder encoder;
  for (const Symbol& s : message) {
    const Table& t = tables[s.table];
    encoder.encode(t[s.index], t[s.index + 1] - t[s.index]);
  }
  const Bytes payload = encoder.finish();
  RangeDecoder decoder(payload);
  size_t wrong = 0;
  for (const Symbol& s : message) {
    const Table& t = tables[s.table];
    const size_t index = symbol_at(t, decoder.target());
    wrong += index != s.index;
    decoder.consume(t[index], t[index + 1] - t[index]);
  }
  CHECK(wrong == 0);
  CHECK(decoder.finished_cleanly());
  CHECK_FALSE(decoder.overran());
  CHECK(decoder.consumed_bytes() == payload.size());
}

}  // namespace

TEST_CASE("messages over random skewed tables come back") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<Table> tables;
    for (int i = 0; i < 8; ++i) tables.push_back(random_table(random));
    // Half of the messages follow the tables, half take symbols evenly, so that rare ones come.
    const bool follow = round % 2;
    std::vector<Symbol> message(random() % 400);
    for (Symbol& s : message) {
      s.table = random() % tables.size();
      const Table& t = tables[s.table];
      s.index = follow ? symbol_at(t, random() % kFrequencyTotal) : random() % (t.size() - 1);
    }
    check_round_trip(tables, message);
  }
}

TEST_CASE("the rarest, the nearly certain and the certain symbol come back") {
  const std::vector<Table> tables{
      {0, 1, kFrequencyTotal}, {0, kFrequencyTotal - 1, kFrequencyTotal}, {0, kFrequencyTotal}};
  for (size_t pattern = 0; pattern < 4096; ++pattern) {
    std::vector<Symbol> message;
    for (size_t i = 0, bits = pattern; i < 6; ++i, bits /= 4) {
      message.push_back({bits % 4 == 3 ? 2 : i % 2, bits % 4 == 3 ? 0 : bits % 2});
    }
    check_round_trip(tables, message);
  }
}

TEST_CASE("a hundred thousand nearly certain symbols come back") {
  const std::vector<Table> tables{{0, 1, kFrequencyTotal},
                                  {0, kFrequencyTotal - 1, kFrequencyTotal}};
  std::mt19937_64 random(2);
  std::vector<Symbol> message(100000);
  for (Symbol& s : message) {
    s.table = random() % 2;
    s.index = (random() % 10000 == 0) ? s.table : 1 - s.table;
  }
  check_round_trip(tables, message);
}

TEST_CASE("the target is the largest t whose bound is not above the code") {
  std::mt19937_64 random(3);
  const uint64_t edges[] = {kSmallestRange, kSmallestRange + 1, kInitialRange - 1, kInitialRange};
  for (int i = 0; i < 200000; ++i) {
    const uint64_t range =
        i % 3 == 0 ? edges[random() % 4]
                   : kSmallestRange +
                         random() % (i % 3 == 1 ? kSmallestRange : kInitialRange - kSmallestRange);
    const uint64_t codes[] = {0, range - 1, random() % range,
                              interval_of(range, random() % kFrequencyTotal, 1).begin};
    for (uint64_t code : codes) {
      const uint32_t t = target_of(range, code);
      const RangeInterval part = interval_of(range, t, 1);
      if (t >= kFrequencyTotal || part.width < 1 || code < part.begin ||
          code >= part.begin + part.width) {
        FAIL("range " << range << " code " << code << " target " << t);
      }
    }
  }
}

TEST_CASE("the encoder can be used again after finish") {
  RangeEncoder encoder;
  encoder.encode(12345, 678);
  const Bytes first = encoder.finish();
  encoder.encode(12345, 678);
  CHECK(encoder.finish() == first);
  CHECK(encoder.finish().empty());
}
