// SPDX-License-Identifier: Apache-2.0
// docs/exact-arithmetic.md without its roundings. Activations are in units here, not in levels;
// the limits of their levels are kept, because training saw them.
#include <cmath>

#include "float/attention.h"

namespace llmz::floating {
namespace {

constexpr double kSignedLevels = 16, kHiddenLevels = 12;  // of a unit
constexpr double kSignedLimit = 127 / kSignedLevels, kHiddenLimit = 255 / kHiddenLevels;
constexpr int kResidualBits = 16, kHeadBits = 28, kAttentionBits = 24, kPhaseBits = 32;

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

struct Layer {
  Weight query, key, value, output, up, down;
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
        // A score in levels times the multiplier is an exponent of two; this is of e, and of units.
        scale_(std::ldexp(model.attention_multiplier * std::log(2.0), -kAttentionBits) *
               kSignedLevels * kSignedLevels) {
    for (const ExactLayer& l : model.layers) {
      // The scale of what a norm follows is free.
      layers_.push_back({linear_weight(l.query, kSignedLevels, kResidualBits, target),
                         linear_weight(l.key, kSignedLevels, kResidualBits, target),
                         linear_weight(l.value, kSignedLevels, kResidualBits, target),
                         linear_weight(l.output, kSignedLevels, kResidualBits, target),
                         linear_weight(l.up, kSignedLevels, kResidualBits, target),
                         linear_weight(l.down, kHiddenLevels, kResidualBits, target)});
    }
    turns_ = at::empty({c_.head_dim / 2}, at::kDouble);
    for (size_t i = 0; i < model.rotary_frequency.size(); ++i)
      turns_.data_ptr<double>()[i] = std::ldexp(model.rotary_frequency[i], -kPhaseBits);
  }

  Tensor hidden(const std::vector<Sequence>& sequences) const override {
    Tensor x = embed(sequences);
    const Angles angles = angles_of(sequences, turns_, target_.device);
    for (const Layer& l : layers_) {
      x = x + attend(limited_norm(x), l, sequences, angles);
      const Tensor r = at::relu(product(limited_norm(x), l.up)).square();
      x = x + product(unit_rms(r).clamp_max(kHiddenLimit), l.down);
    }
    return limited_norm(x);
  }

  const Weight& head() const override { return head_; }
  size_t reach() const override { return size_t{c_.layers} * (c_.window - 1); }
  size_t floats_per_row() const override { return 6 * size_t{c_.dim} + 4 * size_t{c_.hidden}; }

 private:
  Tensor embed(const std::vector<Sequence>& sequences) const {
    std::vector<int64_t> tokens, previous;
    for (const Sequence& s : sequences) {
      for (size_t i = 0; i < s.count; ++i) {
        tokens.push_back(s.tokens[i]);
        previous.push_back(i == 0 ? s.previous : s.tokens[i - 1]);
      }
    }
    const auto index = [&](const std::vector<int64_t>& list) {
      return at::tensor(list, at::kLong).to(target_.device);
    };
    return embedding_.index_select(0, index(tokens)) + previous_.index_select(0, index(previous));
  }

  Tensor attend(const Tensor& a, const Layer& l, const std::vector<Sequence>& sequences,
                const Angles& angles) const {
    const int64_t rows = a.size(0), dim = c_.head_dim;
    const auto rotated = [&](const Weight& weight) {
      return rotate(unit_rms(product(a, weight).view({rows, -1, dim})), angles)
          .clamp(-kSignedLimit, kSignedLimit);
    };
    const Tensor v = limited_norm(product(a, l.value)).view({rows, 1, dim});
    const Tensor o = attention(sequences, rotated(l.query), rotated(l.key), v, c_.window, scale_);
    return product(limited_norm(o), l.output);
  }

  const ModelConfig c_;
  const Target target_;
  const Tensor embedding_, previous_;
  const Weight head_;
  const double scale_;
  std::vector<Layer> layers_;
  Tensor turns_;
};

}  // namespace

std::unique_ptr<Body> make_exact_body(const ExactModel& model, const Target& target) {
  return std::make_unique<ExactBody>(model, target);
}

}  // namespace llmz::floating
