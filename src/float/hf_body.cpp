// SPDX-License-Identifier: Apache-2.0
// GPT-2 (Radford et al. 2019), OPT (Zhang et al. 2022), LLaMA (Touvron et al. 2023) and Mistral
// (Jiang et al. 2023) as one transformer.
#include <cmath>

#include "float/attention.h"

namespace llmz::floating {
namespace {

constexpr double kPi = 3.14159265358979323846;

struct Norm {
  Tensor gain, bias;
};

struct Linear {
  Weight weight;
  Tensor bias;
  Tensor operator()(const Tensor& x, std::optional<Activation> activation = {}) const {
    return product(x, weight, bias, activation);
  }
};

struct Layer {
  Norm norm1, norm2;
  Linear query_key_value;  // of GPT-2, instead of the three
  Linear query, key, value, output, gate, up, down;
};

class HfBody : public Body {
 public:
  HfBody(const hf::Checkpoint& checkpoint, const Target& target)
      : c_(checkpoint.config()),
        target_(target),
        embedding_(checkpoint.embedding()),
        positions_(checkpoint.positions()),
        head_(checkpoint.head(), target.device.is_cpu() ? target : target.in_float32()),
        project_in_(checkpoint.project_in(), target),
        project_out_(checkpoint.project_out(), target),
        final_norm_(norm(checkpoint.final_norm(), checkpoint.final_norm_bias())) {
    for (const hf::LayerTensors& l : checkpoint.layers()) load(l, checkpoint.transposed());
    const int64_t half = c_.head_dim / 2;
    turns_ = at::pow(c_.rope_theta, -at::arange(half, at::kDouble) / static_cast<double>(half)) /
             (2 * kPi);
  }

  Tensor hidden(const std::vector<Sequence>& sequences) const override {
    Tensor x = embed(sequences);
    const Angles angles =
        c_.learned_positions ? Angles() : angles_of(sequences, turns_, target_.device);
    for (const Layer& l : layers_) {
      if (c_.norm_first) {
        x = x + attend(normalize(x, l.norm1), l, sequences, angles);
        x = x + feed_forward(normalize(x, l.norm2), l);
      } else {
        x = normalize(x + attend(x, l, sequences, angles), l.norm1);
        x = normalize(x + feed_forward(x, l), l.norm2);
      }
    }
    if (final_norm_.gain.defined()) x = normalize(x, final_norm_);
    return project_out_.present() ? product(x, project_out_) : x;
  }

  const Weight& head() const override { return head_; }
  size_t reach() const override { return 0; }
  size_t floats_per_row() const override {
    return 6 * size_t{c_.dim} + (c_.gated ? 3 : 2) * size_t{c_.hidden};
  }

 private:
  Norm norm(const hf::TensorView& gain, const hf::TensorView& bias) const {
    return {load_vector(gain, target_), load_vector(bias, target_)};
  }

  void load(const hf::LayerTensors& l, bool transposed) {
    const auto linear = [&](const hf::TensorView& weight, const hf::TensorView& bias) {
      return Linear{Weight(weight, target_, transposed), load_vector(bias, target_)};
    };
    Layer layer;
    layer.norm1 = norm(l.norm1, l.norm1_bias);
    layer.norm2 = norm(l.norm2, l.norm2_bias);
    layer.query_key_value = linear(l.query_key_value, l.query_key_value_bias);
    layer.query = linear(l.query, l.query_bias);
    layer.key = linear(l.key, l.key_bias);
    layer.value = linear(l.value, l.value_bias);
    layer.output = linear(l.output, l.output_bias);
    layer.gate = linear(l.gate, {});
    layer.up = linear(l.up, l.up_bias);
    layer.down = linear(l.down, l.down_bias);
    layers_.push_back(std::move(layer));
  }

  Tensor embed(const std::vector<Sequence>& sequences) const {
    std::vector<uint64_t> tokens, positions;
    for (const Sequence& s : sequences) {
      for (size_t i = 0; i < s.count; ++i) {
        tokens.push_back(s.tokens[i]);
        positions.push_back(i + c_.position_offset);
      }
    }
    Tensor x = load_rows(embedding_, tokens, target_);
    if (project_in_.present()) x = product(x, project_in_);
    return c_.learned_positions ? x + load_rows(positions_, positions, target_) : x;
  }

  Tensor normalize(const Tensor& x, const Norm& n) const {
    if (c_.layer_norm) return at::layer_norm(x, {x.size(1)}, n.gain, n.bias, c_.norm_epsilon);
    return x * at::rsqrt(x.square().mean(-1, true) + c_.norm_epsilon) * n.gain;
  }

  Tensor attend(const Tensor& x, const Layer& l, const std::vector<Sequence>& sequences,
                const Angles& angles) const {
    const int64_t rows = x.size(0), dim = c_.head_dim;
    Tensor q, k, v;
    if (l.query_key_value.weight.present()) {
      const Tensor all = l.query_key_value(x).view({rows, 3, c_.heads, dim});
      q = all.select(1, 0);
      k = all.select(1, 1);
      v = all.select(1, 2);
    } else {
      q = l.query(x).view({rows, c_.heads, dim});
      k = l.key(x).view({rows, c_.kv_heads, dim});
      v = l.value(x).view({rows, c_.kv_heads, dim});
    }
    if (!c_.learned_positions) {
      q = rotate(q, angles);
      k = rotate(k, angles);
    }
    return l.output(
        attention(sequences, q, k, v, c_.sliding_window, 1 / std::sqrt(static_cast<double>(dim))));
  }

  Tensor feed_forward(const Tensor& x, const Layer& l) const {
    return l.down(c_.gated ? l.gate(x, c_.activation) * l.up(x) : l.up(x, c_.activation));
  }

  const hf::Config c_;
  const Target target_;
  const hf::TensorView embedding_, positions_;
  Weight head_, project_in_, project_out_;
  Norm final_norm_;
  std::vector<Layer> layers_;
  Tensor turns_;
};

}  // namespace

std::unique_ptr<Body> make_hf_body(const hf::Checkpoint& checkpoint, const Target& target) {
  return std::make_unique<HfBody>(checkpoint, target);
}

}  // namespace llmz::floating
