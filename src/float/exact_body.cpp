// SPDX-License-Identifier: Apache-2.0
// docs/exact-arithmetic.md without its roundings. Activations are in units here, not in levels;
// the limits of their levels are kept, because training saw them.
#include <cmath>

#include "float/attention.h"

namespace llmz::floating {
namespace {

constexpr double kSignedLevels = 16, kHiddenLevels = 12;  // of a unit
constexpr double kSignedLimit = 127 / kSignedLevels, kHiddenLimit = 255 / kHiddenLevels;
constexpr int kResidualBits = 16, kHeadBits = 28, kAttentionBits = 22, kScalarBits = 14,
              kPhaseBits = 32;

// weight * multiplier * scale, float32 [rows][columns].
Tensor dequantize(const IntegerMatrix& m, double scale) {
  Tensor out = at::empty({m.rows, m.columns}, at::kFloat);
  float* p = out.data_ptr<float>();
  for (size_t r = 0; r < m.rows; ++r) {
    const double step = m.multiplier[r] * scale;
    for (size_t c = 0; c < m.columns; ++c)
      *p++ = static_cast<float>(m.weight[r * m.columns + c] * step);
  }
  return out;
}

// A matrix of linear(): its sums are of levels, `levels` to a unit, and its outputs have
// `output_bits` fraction bits.
Weight linear_weight(const IntegerMatrix& m, double levels, int output_bits, const Target& target) {
  return {dequantize(m, std::ldexp(levels, -static_cast<int>(m.shift) - output_bits)), target};
}

Tensor unit_rms(const Tensor& x) { return x / x.square().mean(-1, true).sqrt().clamp_min(1e-12); }
Tensor limited_norm(const Tensor& x) { return unit_rms(x).clamp(-kSignedLimit, kSignedLimit); }

// The factors of the score of each head, float32 [heads]. A score in levels times the multiplier is
// an exponent of two; this is of e, and of units.
Tensor attention_scales(const std::vector<uint32_t>& multipliers) {
  Tensor scales = at::empty({static_cast<int64_t>(multipliers.size())}, at::kFloat);
  for (size_t h = 0; h < multipliers.size(); ++h) {
    scales.data_ptr<float>()[h] =
        static_cast<float>(std::ldexp(multipliers[h] * std::log(2.0), -kAttentionBits) *
                           kSignedLevels * kSignedLevels);
  }
  return scales;
}

struct Layer {
  Weight query, key, value, output, up, down;
  Tensor value_embedding;  // rows only where the layer has one
  double stream, embedding, pair;
  Tensor attention_scale;  // [heads][1]
};

// What the layers read beside the stream.
struct Beside {
  Tensor tokens, embedding;
  Tensor pair;  // undefined without pairs
};

class ExactBody : public Body {
 public:
  ExactBody(const ExactModel& model, const Target& target)
      : c_(model.config),
        target_(target),
        embedding_(dequantize(model.embedding, std::ldexp(1, -kResidualBits)).to(target.device)),
        previous_(dequantize(model.previous, std::ldexp(1, -kResidualBits)).to(target.device)),
        head_(dequantize(model.head, std::ldexp(1, -kHeadBits)),
              target.device.is_cpu() ? target : target.in_float32()),
        pairs_(dequantize(model.pairs, std::ldexp(1, -kResidualBits)).to(target.device)) {
    for (const ExactLayer& l : model.layers) {
      // The scale of what a norm follows is free.
      layers_.push_back(
          {linear_weight(l.query, kSignedLevels, kResidualBits, target),
           linear_weight(l.key, kSignedLevels, kResidualBits, target),
           linear_weight(l.value, kSignedLevels, kResidualBits, target),
           linear_weight(l.output, kSignedLevels, kResidualBits, target),
           linear_weight(l.up, kSignedLevels, kResidualBits, target),
           linear_weight(l.down, kHiddenLevels, kResidualBits, target),
           dequantize(l.value_embedding, std::ldexp(1, -kResidualBits)).to(target.device),
           std::ldexp(l.scalars.stream, -kScalarBits),
           std::ldexp(l.scalars.embedding, -kScalarBits), std::ldexp(l.scalars.pair, -kScalarBits),
           attention_scales(l.attention_multiplier).to(target.device).unsqueeze(1)});
    }
    turns_ = at::empty({c_.head_dim / 2}, at::kDouble);
    for (size_t i = 0; i < model.rotary_frequency.size(); ++i)
      turns_.data_ptr<double>()[i] = std::ldexp(model.rotary_frequency[i], -kPhaseBits);
  }

  Tensor hidden(const std::vector<Sequence>& sequences) const override {
    const Beside beside = look_up(sequences);
    Tensor x = beside.embedding;
    const Angles angles = angles_of(sequences, turns_, target_.device);
    for (const Layer& l : layers_) {
      x = x * l.stream + beside.embedding * l.embedding;
      if (beside.pair.defined()) x = x + beside.pair * l.pair;
      x = x + attend(limited_norm(x), l, beside.tokens, sequences, angles);
      const Tensor r = at::relu(product(limited_norm(x), l.up)).square();
      x = x + product(unit_rms(r).clamp_max(kHiddenLimit), l.down);
    }
    return limited_norm(x);
  }

  const Weight& head() const override { return head_; }
  size_t reach() const override { return size_t{c_.layers} * (c_.window - 1); }
  size_t floats_per_row() const override { return 6 * size_t{c_.dim} + 4 * size_t{c_.hidden}; }

 private:
  Beside look_up(const std::vector<Sequence>& sequences) const {
    std::vector<int64_t> tokens, previous, pair;
    for (const Sequence& s : sequences) {
      for (size_t i = 0; i < s.count; ++i) {
        const uint32_t before = i == 0 ? s.previous : s.tokens[i - 1];
        tokens.push_back(s.tokens[i]);
        previous.push_back(before);
        if (c_.pair_rows > 0) pair.push_back(pair_row(c_, before, s.tokens[i]));
      }
    }
    const auto index = [&](const std::vector<int64_t>& list) {
      return at::tensor(list, at::kLong).to(target_.device);
    };
    Beside out;
    out.tokens = index(tokens);
    out.embedding =
        embedding_.index_select(0, out.tokens) + previous_.index_select(0, index(previous));
    if (c_.pair_rows > 0) out.pair = pairs_.index_select(0, index(pair));
    return out;
  }

  Tensor attend(const Tensor& a, const Layer& l, const Tensor& tokens,
                const std::vector<Sequence>& sequences, const Angles& angles) const {
    const int64_t rows = a.size(0), dim = c_.head_dim;
    const auto rotated = [&](const Weight& weight) {
      return rotate(unit_rms(product(a, weight).view({rows, -1, dim})), angles)
          .clamp(-kSignedLimit, kSignedLimit);
    };
    Tensor v = product(a, l.value);
    if (l.value_embedding.size(0) > 0) v = v + l.value_embedding.index_select(0, tokens);
    v = limited_norm(v).view({rows, 1, dim});
    // The scales are the queries', since attention() has one for all heads.
    const Tensor o =
        attention(sequences, rotated(l.query) * l.attention_scale, rotated(l.key), v, c_.window, 1);
    return product(limited_norm(o), l.output);
  }

  const ModelConfig c_;
  const Target target_;
  const Tensor embedding_, previous_;
  const Weight head_;
  const Tensor pairs_;
  std::vector<Layer> layers_;
  Tensor turns_;
};

}  // namespace

std::unique_ptr<Body> make_exact_body(const ExactModel& model, const Target& target) {
  return std::make_unique<ExactBody>(model, target);
}

}  // namespace llmz::floating
