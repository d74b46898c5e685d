// SPDX-License-Identifier: Apache-2.0
// Does a frequency table give every token its own interval, and find the token of every number?
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "frequency/frequency_table.h"

using namespace llmz;

namespace {

// Frequencies of at least 1 that sum to 2^24. A large `skew` leaves most of it to few tokens.
std::vector<uint32_t> random_frequencies(std::mt19937& random, uint32_t vocabulary, uint32_t skew) {
  std::vector<uint32_t> f(vocabulary, 1);
  uint32_t left = kFrequencyTotal - vocabulary;
  for (uint32_t i = 0; i < vocabulary && left > 0; ++i) {
    const uint32_t share = static_cast<uint32_t>(random() % (uint64_t{left} / skew + 1));
    f[random() % vocabulary] += share;
    left -= share;
  }
  f[random() % vocabulary] += left;
  return f;
}

bool is_refused(const std::vector<uint32_t>& f) {
  FrequencyTable table;
  try {
    table.assign(f.data(), static_cast<uint32_t>(f.size()));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kInternal;
  }
  return false;
}

}  // namespace

TEST_CASE("every token has the interval behind its predecessors', and both ends lead to it") {
  std::mt19937 random(1);
  FrequencyTable table;  // one for all: a shorter table after a longer one must forget it
  for (uint32_t vocabulary : {1u, 2u, 16u, 63u, 64u, 65u, 127u, 128u, 129u, 288u, 4096u, 65536u}) {
    for (uint32_t skew : {1u, 2u, vocabulary}) {
      CAPTURE(vocabulary, skew);
      const std::vector<uint32_t> f = random_frequencies(random, vocabulary, skew);
      table.assign(f.data(), vocabulary);
      uint32_t low = 0;
      for (uint32_t token = 0; token < vocabulary; ++token) {
        const TokenInterval i = table.interval(token);
        if (i.token != token || i.cumulative_low != low || i.frequency != f[token])
          FAIL("token " << token);
        for (uint32_t target : {low, low + f[token] - 1, low + f[token] / 2}) {
          const TokenInterval found = table.find(target);
          if (found.token != token || found.cumulative_low != low || found.frequency != f[token])
            FAIL("number " << target << " of token " << token << " leads to " << found.token);
        }
        low += f[token];
      }
      CHECK(low == kFrequencyTotal);
    }
  }
}

TEST_CASE("a table with a hole or another sum is refused") {
  std::mt19937 random(2);
  for (uint32_t vocabulary : {1u, 64u, 65u, 300u}) {
    CAPTURE(vocabulary);
    const std::vector<uint32_t> good = random_frequencies(random, vocabulary, 2);
    CHECK_FALSE(is_refused(good));
    for (uint32_t place : {0u, vocabulary / 2, vocabulary - 1}) {
      std::vector<uint32_t> f = good;
      ++f[place];
      CHECK(is_refused(f));
      f[place] -= 2;
      CHECK(is_refused(f));
      if (vocabulary == 1) continue;
      f = good;
      f[place == 0 ? 1 : 0] += f[place];
      f[place] = 0;
      CHECK(is_refused(f));
    }
  }
}
