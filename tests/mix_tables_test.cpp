// SPDX-License-Identifier: Apache-2.0
// Do the tables of the mix hold what they say: logistic function, bit histories, slots?
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <set>

#include "mix/adaptive.h"
#include "mix/bit_history.h"
#include "mix/logistic.h"
#include "mix/slot_table.h"

using namespace llmz::mix;

TEST_CASE("squash is the logistic function, within one unit, and rises") {
  for (int32_t x = -kStretchLimit; x <= kStretchLimit; ++x) {
    const double p = 65536 / (1 + std::exp(-x / 256.0));
    const double expected = std::min(std::max(p, 1.0), 65535.0);
    if (std::abs(squash(x) - expected) > 1) FAIL(x << " -> " << squash(x) << ", not " << expected);
    if (x > -kStretchLimit && squash(x) < squash(x - 1)) FAIL("falls at " << x);
    if (squash(x) + squash(-x) != 65536) FAIL("not symmetric at " << x);
  }
  CHECK(squash(0) == 32768);
  CHECK(squash(256) == 47911);  // 65536 / (1 + 1 / e)
}

TEST_CASE("squash is in 1..65535 for any number") {
  for (int32_t x : {-2147483647 - 1, -1000000, -kStretchLimit - 1, kStretchLimit + 1, 2147483647}) {
    CHECK(squash(x) >= 1);
    CHECK(squash(x) <= 65535);
  }
}

TEST_CASE("stretch is the inverse of squash for 12 bits of p, and rises") {
  for (uint32_t p = 1; p < 65536; ++p) {
    if (stretch(p) < stretch(p - 1)) FAIL("falls at " << p);
    const double middle = p / 16 * 16 + 8;
    const double exact = 256 * std::log(middle / (65536 - middle));
    // The table of squash has no value nearer than its step there.
    const double half_unit = 256 * 0.5 * 65536 / (middle * (65536 - middle));
    if (std::abs(stretch(p) - exact) > 1 + 2 * half_unit) FAIL(p << " -> " << stretch(p));
    const double back = squash(stretch(p));
    const double step = middle * (65536 - middle) / 65536 / 256;
    if (std::abs(back - middle) > 1 + step) FAIL(p << " comes back as " << back);
    if (stretch(65535 - p) != -stretch(p)) FAIL("not symmetric at " << p);
  }
  CHECK(stretch(32768) == 0);
  CHECK(stretch(47911) == 256);
}

TEST_CASE("bit histories are closed, bounded, and count what they saw") {
  std::set<uint8_t> reached{0}, open{0};
  while (!open.empty()) {
    const uint8_t state = *open.begin();
    open.erase(open.begin());
    const uint32_t zeros = kBitHistory.zeros[state], ones = kBitHistory.ones[state];
    CHECK(zeros <= 48);
    CHECK(ones <= 48);
    CHECK(std::min(zeros, ones) <= 5);
    for (uint32_t bit : {0u, 1u}) {
      const uint8_t next = next_history(state, bit);
      if (next == 0) FAIL("state " << int{state} << " forgets everything");
      const uint32_t same = bit ? kBitHistory.ones[next] : kBitHistory.zeros[next];
      const uint32_t other = bit ? kBitHistory.zeros[next] : kBitHistory.ones[next];
      const uint32_t same_before = bit ? ones : zeros, other_before = bit ? zeros : ones;
      // Never more than one up, and the opposite count never up.
      if (same > same_before + 1 || same == 0 || other > other_before)
        FAIL("state " << int{state} << ", bit " << bit << " -> " << int{next});
      if (reached.insert(next).second) open.insert(next);
    }
    const double p = kBitHistory.probability[state] / 65536.0;
    CHECK(std::abs(p - (ones + 0.5) / (zeros + ones + 1.0)) < 0.0001);
  }
  CHECK(reached.size() > 200);
  CHECK(kBitHistory.zeros[0] + kBitHistory.ones[0] == 0);
  // Later states have seen more.
  for (uint8_t state : reached) {
    if (state == 0) continue;
    const auto seen = [](uint8_t s) { return kBitHistory.zeros[s] + kBitHistory.ones[s]; };
    if (reached.count(static_cast<uint8_t>(state - 1)) != 0)
      CHECK(seen(state) >= seen(static_cast<uint8_t>(state - 1)));
  }
}

TEST_CASE("the slot table finds what it stored, and stays within its bounds") {
  SlotTable table(16);  // 4096 slots
  // As many contexts as there is room for in their lines are all found again.
  for (uint32_t i = 0; i < 500; ++i) {
    uint8_t* const slot = table.find(i * 0x9e3779b1u);
    for (int k = 0; k < 15; ++k) {
      if (slot[k] != 0) FAIL("a new context is not empty");
      slot[k] = static_cast<uint8_t>(1 + (i + static_cast<uint32_t>(k)) % 200);
    }
  }
  int lost = 0;
  for (uint32_t i = 0; i < 500; ++i) {
    const uint8_t* const slot = table.find(i * 0x9e3779b1u);
    bool same = true;
    for (int k = 0; k < 15; ++k) same &= slot[k] == 1 + (i + static_cast<uint32_t>(k)) % 200;
    lost += !same;
  }
  CHECK(lost < 5);

  // Any hash is a place inside; the addresses cover what was asked for, and no more.
  std::mt19937 random(1);
  std::set<const uint8_t*> places;
  for (int i = 0; i < 100'000; ++i) {
    uint8_t* const slot = table.find(static_cast<uint32_t>(random()));
    slot[0] = static_cast<uint8_t>(1 + random() % 255);
    places.insert(slot);
  }
  CHECK(places.size() <= 4096);
  CHECK(places.size() > 4000);
  CHECK(*places.rbegin() - *places.begin() < 1 << 16);
}

TEST_CASE("a new context takes the place of the least known one") {
  SlotTable table(16);
  const auto hash = [](uint32_t check) { return check << 24 | 5; };  // one line, other checks
  const uint8_t known[] = {40, 3, 90, 7};
  for (uint32_t i = 0; i < 4; ++i) table.find(hash(i + 1))[0] = known[i];
  CHECK(table.find(hash(9))[0] == 0);
  table.find(hash(9))[0] = 50;
  CHECK(table.find(hash(1))[0] == 40);
  CHECK(table.find(hash(3))[0] == 90);
  CHECK(table.find(hash(4))[0] == 7);
  CHECK(table.find(hash(9))[0] == 50);
}

TEST_CASE("an adaptive probability goes where the bits are, and stays inside") {
  for (uint32_t limit : {30u, 255u, 1023u}) {
    for (uint32_t bit : {0u, 1u}) {
      AdaptiveProbability p;
      for (int i = 0; i < 100'000; ++i) {
        p.update(bit, limit);
        if (p.p16() > 65535) FAIL("outside");
      }
      CHECK((bit ? 65536 - p.p16() : p.p16()) < 500);
    }
    AdaptiveProbability p;
    std::mt19937 random(2);
    for (int i = 0; i < 20'000; ++i) p.update(random() % 4 == 0, limit);
    CHECK(std::abs(static_cast<double>(p.p16()) / 65536 - 0.25) < 0.12);
  }
}
