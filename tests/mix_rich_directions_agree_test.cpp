// SPDX-License-Identifier: Apache-2.0
// Does a decoder's rich mix, of either design, predict what the encoder's did, decision by
// decision, whatever comes and with any amount of memory? And is what it predicts worth something?
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>

#include "mix/rich_model.h"

using namespace llmz::mix;

namespace {

// Noise, zeros, brackets and tags that never close, numbers that grow, long lines, repeats.
std::string odd_bytes(std::mt19937& random, size_t size) {
  static const char* const kParts[] = {"{\"key\":", "<tag ", "</tag>", "}}]]",
                                       "\n",        "\r\n",  ",,,",    "99999999999999999999",
                                       "\t\t",      "a_b=",  "\"",     "\\\""};
  std::string bytes;
  while (bytes.size() < size) {
    switch (random() % 5) {
      case 0:
        bytes += static_cast<char>(random());
        break;
      case 1:
        bytes.append(random() % 40, '\0');
        break;
      case 2:
        bytes += kParts[random() % std::size(kParts)];
        break;
      case 3:
        bytes += std::to_string(random()) + " ";
        break;
      default:
        if (bytes.size() > 100) bytes += bytes.substr(bytes.size() - 100, random() % 100);
    }
  }
  bytes.resize(size);
  return bytes;
}

const RichDesign* const kDesigns[] = {&kRichMix, &kSecondRichMix};

double bits_of(const std::string& bytes, const RichDesign& design) {
  RichModel mix(22, design);
  double bits = 0;
  for (char c : bytes) {
    mix.begin_byte();
    for (int shift = 7; shift >= 0; --shift) {
      const uint32_t bit = static_cast<uint8_t>(c) >> shift & 1;
      const double p = mix.predict() / 65536.0;
      bits -= std::log2(bit ? p : 1 - p);
      mix.learn(bit);
    }
    mix.end_byte(static_cast<uint8_t>(c));
  }
  return bits / static_cast<double>(bytes.size());
}

}  // namespace

TEST_CASE("any bytes through the rich mix: both sides predict the same and stay in range") {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    const int memory_bits = seed % 2 ? 16 : 22;
    const RichDesign& design = *kDesigns[seed > 4];
    RichModel encoder(memory_bits, design), decoder(memory_bits, design);
    for (char c : odd_bytes(random, 6000)) {
      encoder.begin_byte();
      decoder.begin_byte();
      for (int shift = 7; shift >= 0; --shift) {
        const uint32_t bit = static_cast<uint8_t>(c) >> shift & 1, p = encoder.predict();
        if (p < 1 || p > 65535) FAIL("probability " << p);
        if (decoder.predict() != p) FAIL("another prediction");
        encoder.learn(bit);
        decoder.learn(bit);
      }
      encoder.end_byte(static_cast<uint8_t>(c));
      decoder.end_byte(static_cast<uint8_t>(c));
    }
  }
}

TEST_CASE("rich mix: noise costs little more than its size, repeats and zeros next to nothing") {
  for (const RichDesign* design : kDesigns) {
    std::mt19937 random(9);
    std::string noise(6'000, '\0');
    for (char& byte : noise) byte = static_cast<char>(random() >> 16);
    CHECK(bits_of(noise, *design) < 8.4);
    for (size_t i = 500; i < noise.size(); ++i) noise[i] = noise[i - 500];
    CHECK(bits_of(noise, *design) < 1.0);
    CHECK(bits_of(std::string(6'000, '\0'), *design) < 0.05);
  }
}

TEST_CASE("rich mix: a counter in a line of a log costs less than a random number there") {
  std::mt19937 random(4);
  std::string counted, noisy;
  for (uint32_t i = 0; i < 200; ++i) {
    const auto line = [](uint32_t n) { return "worker: request " + std::to_string(n) + " done\n"; };
    counted += line(10'000 + 7 * i);
    noisy += line(10'000 + static_cast<uint32_t>(random()) % 80'000);
  }
  for (const RichDesign* design : kDesigns)
    CHECK(bits_of(counted, *design) < bits_of(noisy, *design) / 3);
}
