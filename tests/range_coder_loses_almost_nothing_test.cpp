// SPDX-License-Identifier: Apache-2.0
// Is a payload as long as its information, to a few millionths of a bit per symbol and one byte?
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "entropy/range_coder.h"

using namespace llmz;

namespace {

using Table = std::vector<uint32_t>;  // frequencies

void fill_to_total(Table& frequencies, size_t at) {
  uint64_t sum = 0;
  for (uint32_t f : frequencies) sum += f;
  REQUIRE(sum <= kFrequencyTotal);
  frequencies[at] += static_cast<uint32_t>(kFrequencyTotal - sum);
}

Table zipf(size_t symbols, double exponent) {
  Table table(symbols);
  double sum = 0;
  for (size_t i = 0; i < symbols; ++i) sum += std::pow(i + 1, -exponent);
  for (size_t i = 0; i < symbols; ++i) {
    table[i] =
        1 + static_cast<uint32_t>((kFrequencyTotal - symbols) * std::pow(i + 1, -exponent) / sum);
  }
  fill_to_total(table, 0);
  return table;
}

// Mean loss of one symbol in bits at this range: the divergence of the widths from the table.
double loss_at(const Table& table, uint64_t range) {
  double loss = 0;
  uint32_t low = 0;
  for (uint32_t f : table) {
    const double p = static_cast<double>(f) / kFrequencyTotal;
    const double width = static_cast<double>(interval_of(range, low, f).width);
    loss += p * std::log2(p * static_cast<double>(range) / width);
    low += f;
  }
  return loss;
}

// Mean over ranges as they occur: density 1 / range over [2^24, 2^32).
double mean_loss(const Table& table) {
  std::mt19937_64 random(5);
  double sum = 0;
  const int count = 3000;
  for (int i = 0; i < count; ++i) {
    const double octaves = 24 + 8 * (i + std::uniform_real_distribution<>(0, 1)(random)) / count;
    sum += loss_at(table, static_cast<uint64_t>(std::exp2(octaves)));
  }
  return sum / count;
}

}  // namespace

TEST_CASE("the mean loss is under 0.000004 bit for every kind of table") {
  Table floors(4096, 1);  // the worst: everything but one symbol at the floor
  fill_to_total(floors, 2048);
  const double worst = mean_loss(floors);
  CAPTURE(worst);
  CHECK(worst < 4e-6);
  CHECK(worst > 1e-6);  // else this test measures nothing
  CHECK(mean_loss(zipf(4096, 1.0)) < 4e-7);
  CHECK(mean_loss(zipf(4096, 3.0)) < 4e-6);
  CHECK(mean_loss(zipf(2, 1.0)) < 1e-8);
}

TEST_CASE("long payloads are as long as their information") {
  for (double exponent : {0.0, 1.0, 2.0}) {
    const Table table = zipf(4096, exponent);
    Table low(table.size() + 1, 0);
    for (size_t i = 0; i < table.size(); ++i) low[i + 1] = low[i] + table[i];
    std::mt19937_64 random(6);
    RangeEncoder encoder;
    double information_bits = 0;
    const int symbols = 200000;
    for (int i = 0; i < symbols; ++i) {
      const uint32_t t = random() % kFrequencyTotal;
      const size_t s =
          static_cast<size_t>(std::upper_bound(low.begin(), low.end(), t) - low.begin()) - 1;
      information_bits -= std::log2(static_cast<double>(table[s]) / kFrequencyTotal);
      encoder.encode(low[s], table[s]);
    }
    const double size_bits = 8.0 * static_cast<double>(encoder.finish().size());
    CAPTURE(exponent, information_bits, size_bits);
    CHECK(size_bits < information_bits + 8 + 4e-6 * symbols);
    CHECK(size_bits > information_bits - 4e-6 * symbols - 1);
  }
}

TEST_CASE("finish writes at most one byte more than the information") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50000; ++round) {
    RangeEncoder encoder;
    double range = 1;
    const int symbols = static_cast<int>(random() % 6);
    for (int i = 0; i < symbols; ++i) {
      const uint32_t f = 1 + static_cast<uint32_t>(random() % (kFrequencyTotal >> random() % 24));
      const uint32_t low = static_cast<uint32_t>(random() % (uint64_t{kFrequencyTotal} - f + 1));
      encoder.encode(low, f);
      range *= static_cast<double>(f) / kFrequencyTotal;
    }
    const double information_bytes = -std::log2(range) / 8;
    const double size = static_cast<double>(encoder.finish().size());
    // Up to 1 bit is the worst loss of one symbol, see docs/range-coder.md.
    if (size > information_bytes + 1 + symbols / 8.0) FAIL(size << " for " << information_bytes);
    if (symbols == 1 && size > information_bytes + 1) FAIL(size << " for " << information_bytes);
  }
}

TEST_CASE("an empty message, and one of certain symbols, has 0 bytes") {
  RangeEncoder encoder;
  CHECK(encoder.finish().empty());
  for (int i = 0; i < 1000; ++i) encoder.encode(0, kFrequencyTotal);
  CHECK(encoder.finish().empty());
}
