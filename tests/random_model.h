// SPDX-License-Identifier: Apache-2.0
// Random valid exact models from a seed: noise instead of knowledge, but with the magnitudes of a
// trained model, so that every rounding, clamp and shift of docs/exact-arithmetic.md has something
// to do. The same seed gives the same model.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>

#include "exact/exact_model.h"

namespace llmz {

class RandomModelMaker {
 public:
  // loudness scales what the layers add and the hidden and logit values: 1 is the magnitude of
  // trained models, 2^10 drives the clamps.
  RandomModelMaker(uint64_t seed, double loudness) : random_(seed), loudness_(loudness) {}

  // A small shape: the sizes are legal and often no powers of two.
  ModelConfig config() {
    static constexpr uint32_t kHeads[][2] = {{1, 16}, {2, 16}, {4, 16}, {8, 16}, {1, 32},
                                             {3, 32}, {2, 48}, {1, 64}, {5, 80}, {1, 128}};
    ModelConfig config;
    const auto& heads = kHeads[below(std::size(kHeads))];
    config.heads = heads[0];
    config.head_dim = heads[1];
    config.vocabulary = 16 * (2 + below(30));
    config.dim = 32 * (1 + below(4));
    config.layers = 1 + below(3);
    config.hidden = 32 * (1 + below(20));
    config.window = 16 * (1 + below(5));
    add_parts(config);
    return config;
  }

  // Each of the parts that a network may have, or not.
  void add_parts(ModelConfig& config) {
    config.pair_rows = below(2) == 0 ? 0 : 2u << below(8);
    config.value_every = below(config.layers + 1);
  }

  ExactModel model(const ModelConfig& config) {
    const double d = config.dim;
    const uint32_t all_heads = config.heads * config.head_dim;
    ExactModel model;
    model.config = config;
    model.name = "random";
    model.embedding = table(config.vocabulary, config.dim, 63, 32768);
    model.previous = table(config.vocabulary, config.dim, 63, 16384);
    // Logits of 2.5 nats, which have 17 fraction bits, from a hidden vector of 16 and 15 bits below
    // the 16-bit view.
    model.head = table(config.vocabulary, config.dim, 127,
                       loudness_ * 2.5 * std::ldexp(1, 17 + 15) / (16 * std::sqrt(d)));
    if (config.pair_rows > 0) model.pairs = table(config.pair_rows, config.dim, 63, 32768);
    const bool neutral = below(3) == 0;
    for (uint32_t i = 0; i < config.layers; ++i) {
      ExactLayer layer;
      layer.query = matrix(all_heads, config.dim, 16, 4096);
      layer.key = matrix(config.head_dim, config.dim, 16, 4096);
      layer.value = matrix(config.head_dim, config.dim, 16, 4096);
      layer.output = matrix(config.dim, all_heads, 16, loudness_ * 32768);
      layer.up = matrix(config.hidden, config.dim, 16, loudness_ * 500);
      layer.down = matrix(config.dim, config.hidden, 12, loudness_ * 65536);
      if (has_value_embedding(config, i))
        layer.value_embedding = table(config.vocabulary, config.head_dim, 63, loudness_ * 2048);
      if (!neutral) layer.scalars = scalars();
      for (uint32_t h = 0; h < config.heads; ++h)
        layer.attention_multiplier.push_back(236 + below(32768 - 236));
      model.layers.push_back(layer);
    }
    const double pi = std::acos(-1.0);
    const uint32_t half = config.head_dim / 2;
    for (uint32_t i = 0; i < half; ++i) {
      const double turns = std::pow(10000.0, -static_cast<double>(i) / half) / (2 * pi);
      model.rotary_frequency.push_back(static_cast<uint32_t>(std::llround(std::ldexp(turns, 32))));
    }
    for (int k = 0; k < 1024; ++k) {
      model.sine.push_back(static_cast<int16_t>(std::lround(16384 * std::sin(2 * pi * k / 1024))));
    }
    model.learning.rate = 67109;       // 0.004
    model.learning.threshold = 16777;  // 0.001
    return model;
  }

 private:
  // About what training ends with, but some 0, and from a loudness on at their limits.
  LayerScalars scalars() {
    const auto some = [&](double low, double high) {
      if (below(4) == 0) return 0;
      const double value = std::ldexp(between(low, high), 14) * std::min(loudness_, 8.0);
      return static_cast<int32_t>(std::max(-131072.0, std::min(value, 131072.0)));
    };
    LayerScalars s;
    s.stream = some(0.5, 1.5);
    s.embedding = some(-0.3, 0.6);
    s.pair = some(-0.5, 1);
    return s;
  }

  // Not std::uniform_int_distribution: its numbers differ between standard libraries.
  uint32_t below(uint64_t count) { return static_cast<uint32_t>((random_() >> 32) * count >> 32); }
  double between(double low, double high) {
    return low + (high - low) * std::ldexp(static_cast<double>(random_() >> 11), -53);
  }

  IntegerMatrix weights(uint32_t rows, uint32_t columns, int largest) {
    IntegerMatrix m;
    m.rows = rows;
    m.columns = columns;
    m.weight.resize(static_cast<size_t>(rows) * columns);
    for (int8_t& w : m.weight)
      w = static_cast<int8_t>(static_cast<int>(below(2 * largest + 1)) - largest);
    return m;
  }

  // Root mean square of uniform integers in [-largest, largest].
  static double rms(int largest) { return std::sqrt(largest * (largest + 1.0) / 3); }

  // One row in `outliers` (0: none) is 16 times as strong, as in trained networks: only such
  // outputs pass the 8 bits of an activation.
  void set_multipliers(IntegerMatrix& m, double mean, uint32_t outliers) {
    for (uint32_t row = 0; row < m.rows; ++row) {
      const double strength = outliers != 0 && below(outliers) == 0 ? 16 : 1;
      const double value = std::round(mean * strength * between(0.5, 1.5));
      m.multiplier.push_back(static_cast<int32_t>(std::min(value, 2147483647.0)));
    }
  }

  // A table whose values have the given root mean square.
  IntegerMatrix table(uint32_t rows, uint32_t columns, int largest, double values) {
    IntegerMatrix m = weights(rows, columns, largest);
    set_multipliers(m, values / rms(largest), 0);
    return m;
  }

  // A matrix whose outputs have about the given root mean square when its inputs have the other;
  // the shift is a random one of those that leave a multiplier of 6 to 31 bits.
  IntegerMatrix matrix(uint32_t rows, uint32_t columns, double input, double output) {
    IntegerMatrix m = weights(rows, columns, 63);
    const double factor = output / (std::sqrt(columns) * input * rms(63));
    int lowest = 0, highest = 40;
    while (lowest < 40 && std::ldexp(factor, lowest) < 32) ++lowest;
    while (highest > lowest && std::ldexp(1.5 * factor, highest) >= 2147483647.0) --highest;
    m.shift = static_cast<uint32_t>(lowest) + below(static_cast<uint64_t>(highest - lowest + 1));
    set_multipliers(m, std::ldexp(factor, static_cast<int>(m.shift)), 64);
    return m;
  }

  std::mt19937_64 random_;
  double loudness_;
};

inline ExactModel random_model(uint64_t seed, const ModelConfig& config, double loudness = 1) {
  return RandomModelMaker(seed, loudness).model(config);
}

inline ExactModel random_model(uint64_t seed) {
  RandomModelMaker maker(seed, 1);
  const ModelConfig config = maker.config();
  return maker.model(config);
}

}  // namespace llmz
