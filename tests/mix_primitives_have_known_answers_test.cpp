// SPDX-License-Identifier: Apache-2.0
// Does each primitive of the mixes, in the code and in the document's plain loops, give the answers
// that docs/mixing.md has? They were computed by the Python above each test, where `hash`,
// `squash`, `clamp`, `step`, `update` and `digest` are those of the tests before it.
#include <catch2/catch.hpp>
#include <initializer_list>

#include "mix/adaptive.h"
#include "mix/bit_history.h"
#include "mix/hash.h"
#include "mix/logistic.h"
#include "mix/mixer.h"
#include "mix/rich_mixer.h"
#include "mix/slot_table.h"
#include "tests/mix_document_mixer.h"

using namespace llmz;

namespace {

namespace document = llmz::mix_document;

// def digest(values):
//   h = 0
//   for value in values: h = hash(h, value & 0xffffffff)
//   return h
class Digest {
 public:
  template <class Value>
  void add(Value value) {
    h_ = document::hash(h_, static_cast<uint32_t>(value));
  }
  uint32_t value() const { return h_; }

 private:
  uint32_t h_ = 0;
};

}  // namespace

// def hash(a, b):
//   h = a * 0x2c1b3c6d + b * 0x9e3779b1 + 0x7f4a7c15 & 0xffffffff
//   h ^= h >> 15
//   h = h * 0x85ebca6b & 0xffffffff
//   return h ^ h >> 13
TEST_CASE("known answers: hash") {
  struct Known {
    uint32_t a, b, hash;
  };
  for (const Known& known :
       {Known{0, 0, 0xd08fd1a1}, Known{1, 0, 0xf13fbb42}, Known{0, 1, 0xea388fa9},
        Known{0x61, 0x62, 0xa763f571}, Known{0x12345678, 0x9abcdef0, 0x37744d32},
        Known{0xffffffff, 0xffffffff, 0xb8e9196e}}) {
    CHECK(mix::hash2(known.a, known.b) == known.hash);
    CHECK(document::hash(known.a, known.b) == known.hash);
  }
}

// squash, P = {}, 2**62
// for x in range(2840):
//   q = min(max((P >> 16 << 16) // (2**62 + P >> 16), 1), 32768)
//   squash[-x], squash[x] = q, 65536 - q
//   a1, a0, b1, b0 = P >> 31, P % 2**31, 4593706758521714574 >> 31, 4593706758521714574 % 2**31
//   P = a1 * b1 + (a1 * b0 + a0 * b1 + (a0 * b0 >> 31) >> 31)
// And within 1 they are 65536 / (1 + exp(-x / 256)).
TEST_CASE("known answers: squash") {
  struct Known {
    int32_t x;
    uint32_t p;
  };
  for (const Known& known :
       {Known{0, 32768}, Known{1, 32832}, Known{-1, 32704}, Known{60, 36591}, Known{256, 47911},
        Known{-256, 17625}, Known{-700, 3996}, Known{1000, 64244}, Known{2000, 65510},
        Known{-2839, 1}, Known{2839, 65535}, Known{-9999, 1}, Known{9999, 65535}}) {
    CHECK(mix::squash(known.x) == known.p);
    CHECK(document::squash(known.x) == static_cast<int32_t>(known.p));
  }
  Digest of_code, of_document;
  for (int32_t x = -2839; x <= 2839; ++x) {
    of_code.add(mix::squash(x));
    of_document.add(document::squash(x));
  }
  CHECK(of_code.value() == 0xed67253c);
  CHECK(of_document.value() == 0xed67253c);
}

// for i in range(2048):
//   S[i] = min(x for x in range(-2839, 1) if squash[x] >= 16 * i + 8)
//   S[4095 - i] = -S[i]
// And with P = p // 16 * 16 + 8 they are 256 * ln(P / (65536 - P)), rounded toward zero.
TEST_CASE("known answers: stretch") {
  struct Known {
    uint32_t p;
    int32_t x;
  };
  for (const Known& known :
       {Known{0, -2306}, Known{15, -2306}, Known{16, -2025}, Known{1000, -1066}, Known{16384, -281},
        Known{32767, 0}, Known{32768, 0}, Known{49152, 281}, Known{60000, 610},
        Known{65535, 2306}}) {
    CHECK(mix::stretch(known.p) == known.x);
    CHECK(document::stretch(known.p) == known.x);
  }
  Digest of_code, of_document;
  for (uint32_t p = 0; p < 65536; p += 16) {
    of_code.add(mix::stretch(p));
    of_document.add(document::stretch(p));
  }
  CHECK(of_code.value() == 0x1669309e);
  CHECK(of_document.value() == 0x1669309e);
}

// def update(v, n, bit, limit):
//   v += ((2**22 - 1 if bit else 0) - v) * (131072 // (2 * n + 3)) >> 16
//   return v, n + (n < limit)
// v, n = 64 * 32768, 0; the first by hand: 2097152 + (2097151 * 43690 >> 16) = 3495231, >> 6 =
// 54612
TEST_CASE("known answers: an adaptive probability") {
  struct Known {
    uint32_t bit, p;
  };
  const auto check = [](uint32_t limit, std::initializer_list<Known> all) {
    mix::AdaptiveProbability of_code;
    document::Probability of_document;
    for (const Known& known : all) {
      of_code.update(known.bit, limit);
      of_document.update(known.bit, limit);
      CHECK(of_code.p16() == known.p);
      CHECK(of_document.p() == known.p);
    }
  };
  check(1023, {{1, 54612}, {1, 58982}, {0, 42130}, {1, 47331}, {0, 38726}, {0, 32768}});
  check(2, {{1, 54612}, {0, 32768}, {0, 23406}, {0, 16718}});
}

// def count(a, b):  # of states
//   low, high = min(a, b), max(a, b)
//   return 0 if low > 5 or high > [20, 48, 15, 8, 6, 5][low] else 1 + (low > 0 and a + b <= 17)
// states = [(sum - n1, n1, i) for sum in range(50) for n1 in range(sum + 1)
//           for i in range(count(sum - n1, n1))]
// def next(state, bit):
//   n = list(states[state][:2])
//   A = 0 if n[0] >= n[1] else 1
//   B = 1 - A
//   n[bit] += 1
//   n[1 - bit] = sum(n[1 - bit] >= c for c in (1, 2, 3, 4, 5, 7, 8))
//   while not count(*n):
//     if n[B] < 2: n[A] -= 1
//     else:
//       n[A] = (n[A] * (n[B] - 1) + n[B] // 2) // n[B]
//       n[B] -= 1
//   return states.index((*n, bit if count(*n) == 2 else 0))
TEST_CASE("known answers: bit histories") {
  struct Known {
    uint8_t state, after_0, after_1;
  };
  // Zeros, ones and the last bit of each, of what comes after a zero, of what comes after a one.
  const Known all[] = {
      {0, 1, 2},       // (0, 0): (1, 0), (0, 1)
      {1, 3, 5},       // (1, 0): (2, 0), (1, 1, 1)
      {2, 4, 6},       // (0, 1): (1, 1, 0), (0, 2)
      {4, 8, 11},      // (1, 1, 0): (2, 1, 0), (1, 2, 1)
      {5, 8, 11},      // (1, 1, 1): (2, 1, 0), (1, 2, 1)
      {43, 57, 45},    // (7, 0): (8, 0), (6, 1, 1)
      {100, 80, 83},   // (5, 5, 0): (5, 4, 0), (4, 5, 1)
      {116, 60, 63},   // (8, 3, 0): (6, 2, 0), (5, 3, 1)
      {125, 135, 59},  // (12, 0): (13, 0), (7, 1, 1)
      {178, 74, 97},   // (15, 2, 0): (8, 1, 0), (7, 3, 1)
      {193, 193, 59},  // (20, 0): itself, (7, 1, 1)
      {253, 253, 77},  // (48, 1): itself, (7, 2, 1)
      {254, 86, 254},  // (1, 48): (2, 7, 0), itself
  };
  for (const Known& known : all) {
    CHECK(mix::next_history(known.state, 0) == known.after_0);
    CHECK(mix::next_history(known.state, 1) == known.after_1);
    CHECK(document::kHistories.next(known.state, 0) == known.after_0);
    CHECK(document::kHistories.next(known.state, 1) == known.after_1);
  }
  Digest of_code, of_document;
  for (size_t state = 0; state < 255; ++state) {
    for (uint32_t bit : {0u, 1u}) {
      of_code.add(mix::next_history(static_cast<uint8_t>(state), bit));
      of_document.add(document::kHistories.next(static_cast<uint8_t>(state), bit));
    }
  }
  CHECK(document::kHistories.size() == 255);
  CHECK(of_code.value() == 0xc0ce6eaf);
  CHECK(of_document.value() == 0xc0ce6eaf);
}

// for n0, n1, _ in states[1:]: (4 * n1 + 2) * 65535 // (4 * (n0 + n1) + 4)
TEST_CASE("known answers: what bit histories say before anything is learned") {
  struct Known {
    uint8_t state;
    uint32_t p;
  };
  for (const Known& known : {Known{1, 16383}, Known{2, 49151}, Known{3, 10922}, Known{10, 40959},
                             Known{200, 61260}, Known{253, 1966}, Known{254, 63568}}) {
    CHECK(mix::kBitHistory.probability[known.state] == known.p);
    CHECK(document::kHistories.start(known.state) == known.p);
  }
  Digest of_code, of_document;
  for (size_t state = 1; state < 255; ++state) {
    of_code.add(mix::kBitHistory.probability[state]);
    of_document.add(document::kHistories.start(state));
  }
  CHECK(of_code.value() == 0x8c5c9f6f);
  CHECK(of_document.value() == 0x8c5c9f6f);
}

// By hand: three contexts of one line of a table of 2^7 bytes have the checks 1, 2, 3 and have seen
// 3, 1, 2; so there is one free slot; then the second is the least.
TEST_CASE("known answers: slots") {
  mix::SlotTable of_code(7);
  document::Slots of_document(1 << 7);
  const auto check = [&](uint32_t h, uint8_t found, uint8_t left) {
    uint8_t* const slot = of_code.find(h);
    uint8_t* const document_slot = of_document.find(h);
    CHECK(slot[0] == found);
    CHECK(document_slot[0] == found);
    slot[0] = document_slot[0] = left;
  };
  check(0x01000000, 0, 3);
  check(0x02000000, 0, 1);
  check(0x03000000, 0, 2);
  check(0x04000000, 0, 9);
  check(0x04000001, 0, 7);  // the other line
  check(0x01fffffe, 3, 3);
  check(0x05000000, 0, 5);  // in place of 2
  check(0x02000000, 0, 0);  // in place of 3, and it stays as if it were not there
  check(0x03000000, 0, 4);  // in its place
  check(0x05000002, 5, 5);
  check(0x04000003, 7, 7);
}

// def step(bit, p, rate): return clamp((bit * 65536 - p) * rate >> 8, 2**18)
// for bit in (1, 1, 0):
//   d = clamp(sum(w * x >> 8 for w, x in zip(W, X)) >> 8, 2839)
//   mixed = clamp(sum(d * v >> 8 for v in 6 * [v]) >> 8, 2839)
//   W = [w + (x * step(bit, squash[d], 530) + 2**15 >> 16) for w, x in zip(W, X)]
//   v += d * step(bit, squash[mixed], 60) + 2**15 >> 16
// The first d by hand: 6000 - 20000 - 1172 = -15172, >> 8 = -60; mixed: 6 * -2560 >> 8 = -60.
TEST_CASE("known answers: the mixer") {
  mix::Mixer of_code({1, 1, 1, 1, 1, 1}, 1, {6000, 10000, -3000});
  document::Numbers X{256, -512, 100}, W{6000, 10000, -3000}, V(6, 10922);
  std::copy(X.begin(), X.end(), of_code.inputs());
  const uint32_t selected[6] = {};
  const auto check = [&](int32_t mixed, uint32_t bit, const document::Numbers& weights, int32_t v) {
    CHECK(of_code.mix(selected, 0) == mixed);
    of_code.learn(bit, 530, 60);
    const int64_t d = document::opinion(W, X);
    const document::Numbers D(6, static_cast<int32_t>(d));
    CHECK(document::opinion(V, D) == mixed);
    document::move(W, X, document::step(bit, document::squash(d), 530));
    document::move(V, D, document::step(bit, document::squash(mixed), 60));
    CHECK(W == weights);
    CHECK(V[5] == v);
  };
  check(-60, 1, {6296, 9408, -2884}, 10914);
  check(-54, 1, {6589, 8822, -2770}, 10907);
  check(-48, 0, {6349, 9302, -2864}, 10912);
  CHECK(of_code.mix(selected, 0) == -53);
}

// for n, bit in enumerate((1, 1, 0)):  # eleven sets that are alike, three final ones
//   d = clamp(sum(w * x >> 8 for w, x in zip(W, X)) >> 8, 2839)
//   mixed = clamp(sum(d * v >> 8 for v in 11 * [v]) >> 8, 2839)
//   rate = 60 + 300 * 1024 // (1024 + n)
//   W = [w + (x * step(bit, squash[d], rate) + 2**15 >> 16) for w, x in zip(W, X)]
//   v += d * step(bit, squash[mixed], 250) + 2**15 >> 16
TEST_CASE("known answers: the rich mixer") {
  mix::RichMixer of_code(157, std::vector<size_t>(11, 1), {1, 1, 1}, {1500, 0, 800});
  document::RichMixer of_document(44, {1500, 0, 800}, false);
  for (int32_t* inputs : {of_code.inputs(), of_document.inputs.data()}) {
    inputs[0] = 256;
    inputs[1] = -512;
    inputs[2] = 100;
  }
  const uint32_t selected[11] = {};
  const auto check = [&](int32_t mixed, uint32_t bit) {
    CHECK(of_code.mix(selected, selected) == mixed);
    CHECK(of_document.mix({}, {}) == mixed);
    of_code.learn(bit);
    of_document.learn(bit);
  };
  check(6, 1);   // W = 1500, 0, 800; v = 5957
  check(9, 1);   // W = 1678, -355, 869; v = 5960
  check(14, 0);  // W = 1854, -707, 938; v = 5965
  check(9, 0);   // W = 1670, -338, 866; v = 5958
}

// cells = [[64 * squash[clamp(180 * (k - 17), 2839)], 6] for k in range(34)]
// for x, bit in ...:
//   k, r = divmod(x + 3060, 180)
//   a, b = cells[k][0] >> 6, cells[k + 1][0] >> 6
//   p = a + int((b - a) * r / 180)
//   cells[k + (r >= 90)] = update(*cells[k + (r >= 90)], bit, 255)
// The second by hand: k = 16, r = 121, 21700 + (37136 - 21700) * 121 / 180 = 32076
TEST_CASE("known answers: a refinement") {
  mix::RefinementStage of_code(2, 255);
  document::Stage of_document(2, 255);
  const auto check = [&](int32_t x, uint32_t p, uint32_t bit) {
    CHECK(of_code.refine(1, x) == p);
    CHECK(of_document.refine(1, x) == p);
    of_code.update(bit);
    of_document.update(bit);
  };
  check(0, 32768, 1);
  check(-59, 32076, 1);
  check(45, 41316, 1);
  check(45, 43295, 0);
  check(135, 42629, 0);
  check(-2839, 1, 1);
  check(2839, 65535, 0);
  check(45, 38755, 0);  // 39009 - 1018 * 45 / 180 = 39009 - 254.5: toward zero
}
