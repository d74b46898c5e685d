// SPDX-License-Identifier: Apache-2.0
#include "train/network.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "train/network_functions.h"

namespace llmz::train {
namespace {

using torch::Tensor;

struct Rotary {
  Tensor cosine, sine;
  Rotary(int64_t positions, int64_t head_dim) {
    Tensor frequency = torch::pow(kRotaryBase, -torch::arange(0, head_dim / 2, torch::kFloat64) /
                                                   static_cast<double>(head_dim / 2));
    Tensor angle = torch::outer(torch::arange(positions, torch::kFloat64), frequency);
    cosine = angle.cos().to(torch::kFloat32).contiguous();
    sine = angle.sin().to(torch::kFloat32).contiguous();
  }
};

// Keys or values [batch, length, head_dim] as overlapping pairs of blocks [batch * blocks, 2 *
// window, head_dim]; a sequence of one block has no block before it and stays as it is.
Tensor block_pairs(const Tensor& t, int64_t window) {
  const int64_t batch = t.size(0), length = t.size(1), dim = t.size(2), blocks = length / window;
  if (blocks == 1) return t;
  Tensor padded = torch::cat({torch::zeros({batch, window, dim}, t.options()), t}, 1)
                      .view({batch, blocks + 1, window, dim});
  return torch::cat({padded.slice(1, 0, blocks), padded.slice(1, 1, blocks + 1)}, 2)
      .view({batch * blocks, 2 * window, dim});
}

Tensor attention(const ModelConfig& c, const Tensor& q, const Tensor& k, const Tensor& v,
                 const Tensor& scale) {
  const int64_t batch = q.size(0), length = q.size(1), blocks = length / c.window;
  Tensor queries = q.view({batch * blocks, static_cast<int64_t>(c.window * c.heads), c.head_dim});
  Tensor scores = torch::bmm(queries, block_pairs(k, c.window).transpose(1, 2));
  Tensor probability = WindowSoftmax::apply(scores, scale, static_cast<int64_t>(c.window), blocks);
  return torch::bmm(probability, block_pairs(v, c.window))
      .view({batch, length, static_cast<int64_t>(c.heads * c.head_dim)});
}

struct Inputs {
  int64_t batch, length;
  Tensor previous, input, target, pair;  // int64 [batch * length]; pair: rows of their table
  Inputs(const ModelConfig& c, const Tensor& tokens)
      : batch(tokens.size(0)),
        length(tokens.size(1) - 2),
        previous(tokens.slice(1, 0, length).contiguous().view({-1})),
        input(tokens.slice(1, 1, length + 1).contiguous().view({-1})),
        target(tokens.slice(1, 2, length + 2).contiguous().view({-1})) {
    if (c.pair_rows == 0) return;
    pair = torch::empty_like(input);
    for (int64_t i = 0; i < input.numel(); ++i) {
      pair.data_ptr<int64_t>()[i] =
          pair_row(c, static_cast<uint32_t>(previous.data_ptr<int64_t>()[i]),
                   static_cast<uint32_t>(input.data_ptr<int64_t>()[i]));
    }
  }
};

// What the layers begin with, float32 [rows][dim].
struct Start {
  Tensor x0, pair;
  Start(const ModelConfig& c, const std::vector<Tensor>& w, const Inputs& in) {
    using I = ParameterIndex;
    torch::NoGradGuard no_gradient;
    x0 = torch::embedding(w[I::kEmbedding], in.input).to(torch::kFloat32) +
         torch::embedding(w[I::kPrevious], in.previous);
    if (c.pair_rows > 0) pair = torch::embedding(w[I::pairs(c)], in.pair).to(torch::kFloat32);
  }
};

// The hidden vectors that the head reads. `gradients` are those of the parameters, and only their
// tables of values are touched; empty without gradients.
Tensor body(const ModelConfig& c, const std::vector<Tensor>& w, const Start& start,
            const Inputs& in, bool rounding, const Sums& sums,
            const std::vector<Tensor>& gradients) {
  using I = ParameterIndex;
  const int64_t batch = in.batch, length = in.length, rows = batch * length;
  const Rotary rotary(length, c.head_dim);
  Tensor x = start.x0;
  for (uint32_t l = 0; l < c.layers; ++l) {
    auto weight = [&](size_t which) { return w[I::layer(l, which)]; };
    x = MixResidual::apply(x, Untracked{start.x0.detach()}, Untracked{start.pair}, w[I::scalars(c)],
                           static_cast<int64_t>(l), sums);
    Tensor a = Norm::apply(x, rounding);
    Tensor q = torch::linear(a, weight(0)).view({batch, length, c.heads, c.head_dim});
    Tensor k = torch::linear(a, weight(1)).view({batch, length, 1, c.head_dim});
    Tensor v = torch::linear(a, weight(2));
    if (has_value_embedding(c, l)) {
      const size_t table = I::value_embedding(c, l);
      v = AddRows::apply(v, w[table], in.input,
                         Untracked{gradients.empty() ? Tensor() : gradients[table]});
    }
    const Tensor scale = w[I::attention_scale(c)][l];
    const Untracked products = {sums.attention_scale.defined() ? sums.attention_scale[l]
                                                               : Tensor()};
    Tensor o = attention(c, NormRotary::apply(q, rotary.cosine, rotary.sine, rounding, products),
                         NormRotary::apply(k, rotary.cosine, rotary.sine, rounding, Untracked())
                             .view({batch, length, c.head_dim}),
                         Norm::apply(v.view({batch, length, c.head_dim}), rounding), scale);
    x = x + torch::linear(Norm::apply(o.view({rows, c.heads * c.head_dim}), rounding), weight(3));
    Tensor z = torch::linear(Norm::apply(x, rounding), weight(4));
    x = x + torch::linear(Relu2Norm::apply(z, rounding), weight(5));
  }
  return Norm::apply(x, rounding);
}

}  // namespace

Parameters Parameters::initialize(const ModelConfig& c, uint64_t seed) {
  torch::manual_seed(seed);
  Parameters p;
  auto add = [&](const std::string& name, int64_t rows, int64_t columns, double deviation,
                 bool matrix) {
    p.tensors.push_back(torch::randn({rows, columns}) * deviation);
    p.names.push_back(name);
    p.is_matrix.push_back(matrix);
  };
  const double unit = 1.0 / std::sqrt(static_cast<double>(c.dim));
  add("embedding", c.vocabulary, c.dim, 0.4, false);
  add("previous", c.vocabulary, c.dim, 0.2, false);
  add("head", c.vocabulary, c.dim, 0.02, false);
  for (uint32_t l = 0; l < c.layers; ++l) {
    const std::string prefix = "layer" + std::to_string(l) + ".";
    add(prefix + "query", c.heads * c.head_dim, c.dim, unit, true);
    add(prefix + "key", c.head_dim, c.dim, unit, true);
    add(prefix + "value", c.head_dim, c.dim, unit, true);
    add(prefix + "output", c.dim, c.heads * c.head_dim, 0.2 * unit / std::sqrt(c.layers), true);
    add(prefix + "up", c.hidden, c.dim, unit, true);
    add(prefix + "down", c.dim, c.hidden, 0.2 * unit / std::sqrt(c.layers), true);
  }
  // What begins here changes nothing at first, so that older weights can go on with it; the scalars
  // of the pairs are not 0, or neither they nor the table would ever learn.
  add("scalars", c.layers, 3, 0, false);
  p.tensors.back().select(1, 0).fill_(1);
  p.tensors.back().select(1, 2).fill_(0.1);
  p.tensors.back()[0][2] = 1;
  add("attention-scale", c.layers, c.heads, 0, false);
  p.tensors.back().fill_(kAttentionScale);
  if (c.pair_rows > 0) add("pairs", c.pair_rows, c.dim, 0, false);
  for (uint32_t l = 0; l < c.layers; ++l) {
    if (has_value_embedding(c, l))
      add("layer" + std::to_string(l) + ".value-embedding", c.vocabulary, c.head_dim, 0, false);
  }
  return p;
}

void Parameters::take(const Parameters& other) {
  for (size_t i = 0; i < other.tensors.size(); ++i) {
    const auto at = std::find(names.begin(), names.end(), other.names[i]);
    const size_t j = static_cast<size_t>(at - names.begin());
    if (at == names.end() || tensors[j].sizes() != other.tensors[i].sizes()) {
      throw Error(ErrorKind::kUsage,
                  "the network has no place for the tensor " + other.names[i] + " of its start");
    }
    tensors[j] = other.tensors[i];
  }
}

void limit_scalars(const ModelConfig& c, Parameters& p) {
  torch::NoGradGuard no_gradient;
  p.tensors[ParameterIndex::scalars(c)].clamp_(-kMaxScalar, kMaxScalar);
  p.tensors[ParameterIndex::attention_scale(c)].clamp_(kMinAttentionScale, kMaxAttentionScale);
}

int64_t Parameters::count() const {
  int64_t n = 0;
  for (const auto& t : tensors) n += t.numel();
  return n;
}

std::vector<Tensor> prepare_weights(const ModelConfig& c, const Parameters& p, bool rounding) {
  using I = ParameterIndex;
  std::vector<Tensor> weights;
  for (size_t i = 0; i < p.tensors.size(); ++i) {
    const Tensor& t = p.tensors[i];
    if (i == I::scalars(c) || i == I::attention_scale(c)) {
      weights.push_back(t.clone());
      continue;
    }
    const bool round = rounding && i != I::kHead;  // the head is stored in 16 bits
    Tensor w = torch::empty(t.sizes(), torch::kBFloat16);
    quantize_weight(t.data_ptr<float>(), bf16(w), rows_of(t), dim_of(t), round);
    weights.push_back(w);
  }
  return weights;
}

Tensor hidden_vectors(const ModelConfig& c, const std::vector<Tensor>& w, const Tensor& tokens,
                      bool rounding) {
  torch::NoGradGuard no_gradient;
  const Inputs in(c, tokens);
  return body(c, w, Start(c, w, in), in, rounding, {}, {});
}

double loss(const ModelConfig& c, const std::vector<Tensor>& w, const Tensor& tokens,
            bool rounding) {
  torch::NoGradGuard no_gradient;
  const Inputs in(c, tokens);
  Tensor logits =
      torch::linear(body(c, w, Start(c, w, in), in, rounding, {}, {}), w[ParameterIndex::kHead]);
  return cross_entropy(bf16(logits), in.target.data_ptr<int64_t>(), rows_of(logits), c.vocabulary,
                       0, nullptr);
}

double add_gradients(const ModelConfig& c, const std::vector<Tensor>& weights, const Tensor& tokens,
                     bool rounding, std::vector<Tensor>& gradients) {
  using I = ParameterIndex;
  std::vector<Tensor> w = weights;
  for (size_t i = I::kHead; i < I::scalars(c); ++i) w[i] = weights[i].detach().requires_grad_(true);
  const Inputs in(c, tokens);
  Start start(c, w, in);
  start.x0.requires_grad_(true);
  Sums sums{torch::zeros_like(start.x0),
            {},
            gradients[I::scalars(c)],
            torch::zeros_like(gradients[I::attention_scale(c)])};
  if (start.pair.defined()) sums.pair = torch::zeros_like(start.pair);
  Tensor mean = HeadLoss::apply(body(c, w, start, in, rounding, sums, gradients), w[I::kHead],
                                in.target, gradients[I::kHead]);
  mean.backward();
  for (size_t i = I::kFirstLayer; i < I::scalars(c); ++i) gradients[i] += w[i].grad();
  gradients[I::attention_scale(c)] += sums.attention_scale / weights[I::attention_scale(c)];
  sums.x0 += start.x0.grad();
  auto add_to = [&](size_t table, const Tensor& rows, const Tensor& id) {
    add_rows(rows.data_ptr<float>(), id.data_ptr<int64_t>(), rows_of(rows), dim_of(rows),
             gradients[table].data_ptr<float>());
  };
  add_to(I::kEmbedding, sums.x0, in.input);
  add_to(I::kPrevious, sums.x0, in.previous);
  if (start.pair.defined()) add_to(I::pairs(c), sums.pair, in.pair);
  return mean.item<double>();
}

}  // namespace llmz::train
