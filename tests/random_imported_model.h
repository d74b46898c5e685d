// SPDX-License-Identifier: Apache-2.0
// Random valid imported bodies from a seed, in the shapes of the four families, with the magnitudes
// of trained ones, so that every rounding, clamp and shift of docs/exact-imported.md has something
// to do. The same seed gives the same model.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "exact/exact_model.h"

namespace llmz {

enum class TestFamily { kGpt2, kOpt, kLlama, kMistral };
constexpr TestFamily kTestFamilies[] = {TestFamily::kGpt2, TestFamily::kOpt, TestFamily::kLlama,
                                        TestFamily::kMistral};

class RandomImportedMaker {
 public:
  // loudness scales what the layers add: 1 is the magnitude of trained models, 2^20 drives the
  // clamps.
  RandomImportedMaker(uint64_t seed, double loudness) : random_(seed), loudness_(loudness) {}

  ImportedShape shape(TestFamily family) {
    const bool gpt2 = family == TestFamily::kGpt2, opt = family == TestFamily::kOpt;
    ImportedShape s;
    s.kv_heads = 1 + below(3);
    s.heads = s.kv_heads * (gpt2 || opt ? 1 : 1 + below(3));
    s.head_dim = 2 * (2 + below(14));
    s.dim = gpt2 || opt ? s.heads * s.head_dim : 8 + below(80);
    s.layers = 1 + below(3);
    s.hidden = 5 + below(150);
    s.positions = 4 + below(60);
    s.keeps_quarter = s.positions % 2 == 0;
    s.layer_norm = s.learned_positions = gpt2 || opt;
    s.gated = !s.layer_norm;
    s.activation = gpt2 ? Activation::kGelu : opt ? Activation::kRelu : Activation::kSilu;
    return s;
  }

  ExactModel model(const ImportedShape& s, uint32_t vocabulary) {
    ExactModel model;
    model.name = "random imported";
    model.config.vocabulary = vocabulary;
    ImportedBody& body = model.imported.emplace();
    body.shape = s;
    set_config(model);
    body.epsilon = static_cast<int64_t>(below(1 << 24)) * s.dim;
    body.embedding = weights(vocabulary + 1, s.dim);
    body.embedding.shift = below(12);
    set_multipliers(body.embedding, std::ldexp(8000, static_cast<int>(body.embedding.shift)));
    if (s.learned_positions)
      body.positions = integers<int32_t>(size_t{s.positions} * s.dim, 1 << 18);
    const double one = 1 << 20;
    for (uint32_t i = 0; i < s.layers; ++i) {
      ImportedLayer& l = body.layers.emplace_back();
      l.attention_gain = integers<int32_t>(s.dim, 1 << 25);
      l.feed_forward_gain = integers<int32_t>(s.dim, 1 << 25);
      const uint32_t wide = s.heads * s.head_dim, narrow = s.kv_heads * s.head_dim;
      const bool bias = s.layer_norm;
      l.query = matrix(wide, s.dim, one, 9000, bias);
      l.key = matrix(narrow, s.dim, one, 9000, bias);
      l.value = matrix(narrow, s.dim, one, 9000, bias);
      l.output = matrix(s.dim, wide, 9000.0 * 4096, loudness_ * one, bias);
      l.up = matrix(s.hidden, s.dim, one, loudness_ * one, bias);
      if (s.gated) l.gate = matrix(s.hidden, s.dim, one, loudness_ * 2 * one, false);
      l.down = matrix(s.dim, s.hidden, one, loudness_ * one, bias);
      // About 3 nats between scores.
      const double factor = 3 * 32768 * 1.44 / (9000.0 * 9000 * std::sqrt(s.head_dim));
      l.attention_shift = 20 + below(20);
      l.attention_multiplier = static_cast<uint32_t>(
          std::min(std::ldexp(factor, static_cast<int>(l.attention_shift)), 16777215.0));
    }
    body.final_gain = integers<int32_t>(s.dim, 60 << 16);
    body.final_bias = integers<int64_t>(s.dim, int64_t{30} << 32);
    // Logits of about 2.5 nats.
    body.head = integers<int16_t>(size_t{vocabulary} * (s.dim + 1),
                                  std::min(32767.0, 327680 / (20 * std::sqrt(s.dim))));
    if (!s.learned_positions) {
      const double pi = std::acos(-1.0);
      for (uint32_t i = 0; i < s.head_dim / 2; ++i) {
        const double turns = std::pow(10000.0, -2.0 * i / s.head_dim) / (2 * pi);
        model.rotary_frequency.push_back(
            static_cast<uint32_t>(std::llround(std::ldexp(turns, 32))));
      }
      for (int k = 0; k < 1024; ++k)
        model.sine.push_back(
            static_cast<int16_t>(std::lround(16384 * std::sin(2 * pi * k / 1024))));
    }
    model.learning = {16 * 1024, 16777};
    return model;
  }

 private:
  // Not std::uniform_int_distribution: its numbers differ between standard libraries.
  uint32_t below(uint64_t count) { return static_cast<uint32_t>((random_() >> 32) * count >> 32); }
  double between(double low, double high) {
    return low + (high - low) * std::ldexp(static_cast<double>(random_() >> 11), -53);
  }

  template <class T>
  std::vector<T> integers(size_t count, double limit) {
    std::vector<T> out(count);
    for (T& v : out) v = static_cast<T>(between(-limit, limit));
    return out;
  }

  IntegerMatrix weights(uint32_t rows, uint32_t columns) {
    IntegerMatrix m;
    m.rows = rows;
    m.columns = columns;
    m.weight = integers<int8_t>(size_t{rows} * columns, 127.99);
    return m;
  }

  void set_multipliers(IntegerMatrix& m, double mean) {
    for (uint32_t row = 0; row < m.rows; ++row)
      m.multiplier.push_back(static_cast<int32_t>(std::min(mean * between(0.3, 1.7), 16777215.0)));
  }

  // Outputs of about the given root mean square from inputs of the other.
  ImportedMatrix matrix(uint32_t rows, uint32_t columns, double input, double output, bool bias) {
    ImportedMatrix out;
    out.matrix = weights(rows, columns);
    const double factor = output / (std::sqrt(columns) * input * 73);
    int shift = 23;
    while (shift < 61 && std::ldexp(2 * factor, shift + 1) < 16777215) ++shift;
    if (shift > 23) shift -= static_cast<int>(below(std::min(shift - 22, 6)));
    out.matrix.shift = static_cast<uint32_t>(shift);
    set_multipliers(out.matrix, std::ldexp(factor, shift));
    if (bias) out.bias = integers<int64_t>(rows, std::min(std::ldexp(output, shift), 0x1p61));
    return out;
  }

  std::mt19937_64 random_;
  double loudness_;
};

inline ExactModel random_imported_model(uint64_t seed, TestFamily family, uint32_t vocabulary = 300,
                                        double loudness = 1) {
  RandomImportedMaker maker(seed, loudness);
  const ImportedShape shape = maker.shape(family);
  return maker.model(shape, vocabulary);
}

}  // namespace llmz
