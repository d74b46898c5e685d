// SPDX-License-Identifier: Apache-2.0
// Does a decoder's mix, which sees only the bits so far, predict what the encoder's did, decision
// by decision, whatever comes?
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "entropy/range_coder.h"
#include "mix/mixing_model.h"
#include "mix/rich_token_mix.h"
#include "mix/token_path.h"

using namespace llmz;
using namespace llmz::mix;

namespace {

// Bytes and a few hundred longer tokens, many of which begin others.
Vocabulary random_vocabulary(std::mt19937& random) {
  std::vector<std::string> tokens{"aa"};
  while (tokens.size() < 400) {
    std::string token = random() % 3 != 0 ? tokens[random() % tokens.size()]
                                          : std::string(1, "etaoi"[random() % 5]);
    token += static_cast<char>(random() % 8 == 0 ? random() % 256 : 'a' + random() % 6);
    if (token.size() <= 16) tokens.push_back(token);
  }
  return Vocabulary(std::move(tokens));
}

// Frequencies of a network that knows nothing, is sure of one token, or anything between.
std::vector<uint32_t> random_frequencies(std::mt19937& random, uint32_t vocabulary) {
  std::vector<uint32_t> frequencies(vocabulary, 1);
  uint32_t rest = kFrequencyTotal - vocabulary;
  for (uint32_t n = random() % 200; n > 0 && rest > 0; --n) {
    const uint32_t part =
        random() % 4 == 0 ? rest : static_cast<uint32_t>(random()) % (rest / 2 + 1);
    frequencies[random() % vocabulary] += part;
    rest -= part;
  }
  frequencies[random() % vocabulary] += rest;
  return frequencies;
}

struct Decision {
  uint32_t p, bit;
};

// A step of the fuzzed schedule: new lanes, or a token of a lane with its network's frequencies.
struct Step {
  uint32_t source = 0, lanes = 0, lane_bytes = 0;  // lanes > 0: begin_lanes
  uint32_t lane = 0, token = 0, table = 0;
};

std::vector<Step> random_schedule(std::mt19937& random, const Vocabulary& vocabulary,
                                  uint32_t tables, int count, uint32_t most_lanes) {
  std::vector<Step> steps;
  uint32_t lanes = 1;
  std::vector<uint32_t> said;
  for (int i = 0; i < count; ++i) {
    Step step;
    if (i == 0 || random() % 200 == 0) {
      step.source = static_cast<uint32_t>(random()) % lanes;
      step.lanes = lanes = 1 + random() % most_lanes;
      step.lane_bytes = 1 + random() % 5000;
    } else {
      step.lane = static_cast<uint32_t>(random()) % lanes;
      // Texts repeat themselves.
      const bool again = said.size() > 20 && random() % 3 != 0;
      step.token = again ? said[said.size() - 1 - i % 17]
                         : static_cast<uint32_t>(random()) % vocabulary.size();
      step.table = static_cast<uint32_t>(random()) % tables;
      said.push_back(step.token);
    }
    steps.push_back(step);
  }
  return steps;
}

constexpr uint32_t kMostLanes = 20;

// Codes with one, decodes with the other; begin(mix, step) begins lanes.
template <class Mix, class Begin>
void compare_tokens(uint32_t seed, Mix encoder, Mix decoder, uint32_t most_lanes, Begin&& begin) {
  std::mt19937 random(seed);
  const Vocabulary vocabulary = random_vocabulary(random);
  std::vector<std::vector<uint32_t>> frequencies;
  for (int i = 0; i < 20; ++i) frequencies.push_back(random_frequencies(random, vocabulary.size()));
  const TokenPath path(vocabulary);
  FrequencyTable table;
  std::vector<Decision> decisions;
  for (const Step& step : random_schedule(random, vocabulary, 20, 3000, most_lanes)) {
    if (step.lanes > 0) {
      begin(encoder, step);
      begin(decoder, step);
      continue;
    }
    table.assign(frequencies[step.table].data(), vocabulary.size());
    decisions.clear();
    const uint32_t sent =
        path.walk(encoder, step.lane, table, step.token, [&](uint32_t p, uint32_t bit) {
          if (p < 1 || p > 65535) FAIL("probability " << p);
          decisions.push_back({p, bit});
          return bit;
        });
    size_t next = 0;
    const uint32_t got =
        path.walk(decoder, step.lane, table, 0, [&](uint32_t p, uint32_t) -> uint32_t {
          if (next == decisions.size()) FAIL("a decision too many");
          if (p != decisions[next].p) FAIL("another prediction");
          return decisions[next++].bit;
        });
    if (sent != step.token || got != step.token || next != decisions.size()) FAIL("another token");
  }
}

}  // namespace

TEST_CASE("tokens of any lanes and networks: both sides predict the same and stay in range") {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    const MixingModel mix(seed % 2 ? 16 : 22, true);
    compare_tokens(seed, mix, mix, kMostLanes, [](MixingModel& m, const Step& step) {
      m.begin_lanes(step.source, step.lanes, step.lane_bytes);
    });
  }
}

TEST_CASE("tokens of any networks through the rich mixes: both sides predict the same") {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    const RichTokenMix mix(seed % 2 ? 16 : 22,
                           seed > 4 ? kSecondRichMixBesideNetwork : kRichMixBesideNetwork);
    compare_tokens(seed, mix, mix, 1,
                   [](RichTokenMix& m, const Step& step) { m.begin(step.lane_bytes); });
  }
}

TEST_CASE("any bytes: both sides predict the same and stay in range") {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    std::mt19937 random(seed);
    const int memory_bits = seed % 2 ? 16 : 22;
    MixingModel encoder(memory_bits, false), decoder(memory_bits, false);
    std::vector<uint8_t> said;
    for (int round = 0; round < 8; ++round) {
      encoder.begin_lanes(0, 1, 3000);
      decoder.begin_lanes(0, 1, 3000);
      const uint32_t kind = random() % 4;
      for (int i = 0; i < 3000; ++i) {
        uint8_t byte = static_cast<uint8_t>(random());
        if (kind == 1) byte = static_cast<uint8_t>("the cat\n"[random() % 8]);
        if (kind == 2) byte = 0;
        if (kind == 3 && said.size() > 700) byte = said[said.size() - 700];
        said.push_back(byte);
        encoder.begin_byte(0);
        decoder.begin_byte(0);
        for (int shift = 7; shift >= 0; --shift) {
          const uint32_t bit = byte >> shift & 1, p = encoder.predict(32768);
          if (p < 1 || p > 65535) FAIL("probability " << p);
          if (decoder.predict(32768) != p) FAIL("another prediction");
          encoder.learn(bit);
          decoder.learn(bit);
        }
        encoder.end_byte(byte);
        decoder.end_byte(byte);
      }
    }
  }
}

TEST_CASE("what repeats soon costs little, and noise little more than its size") {
  const auto bits_of = [](const std::vector<uint8_t>& bytes) {
    MixingModel mix(22, false);
    mix.begin_lanes(0, 1, static_cast<uint32_t>(bytes.size()));
    double bits = 0;
    for (uint8_t byte : bytes) {
      mix.begin_byte(0);
      for (int shift = 7; shift >= 0; --shift) {
        const uint32_t bit = byte >> shift & 1;
        const double p = mix.predict(32768) / 65536.0;
        bits -= std::log2(bit ? p : 1 - p);
        mix.learn(bit);
      }
      mix.end_byte(byte);
    }
    return bits / static_cast<double>(bytes.size());
  };
  std::mt19937 random(9);
  std::vector<uint8_t> noise(20'000);
  for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random() >> 16);
  CHECK(bits_of(noise) < 8.2);
  for (size_t i = 500; i < noise.size(); ++i) noise[i] = noise[i - 500];
  CHECK(bits_of(noise) < 0.4);
  CHECK(bits_of(std::vector<uint8_t>(20'000)) < 0.02);
}
