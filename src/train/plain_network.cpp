// SPDX-License-Identifier: Apache-2.0
#include "train/plain_network.h"

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <cmath>

#include "base/error.h"

namespace llmz::train {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

// What products, attention and activations are computed in; the residual stream is float32.
torch::ScalarType product_type(const Tensor& t) {
  return t.is_cuda() ? torch::kBFloat16 : torch::kFloat32;
}

// What `rounded` says, with the gradient of `exact`.
Tensor straight_through(const Tensor& exact, const Tensor& rounded) {
  return exact + (rounded - exact).detach();
}

Tensor on_grid(const Tensor& x, double levels_per_unit, double low, double high, bool rounding) {
  if (!rounding) return x;
  Tensor limited = x.clamp(low / levels_per_unit, high / levels_per_unit);
  return straight_through(limited, (limited * levels_per_unit).round() / levels_per_unit);
}

Tensor signed_grid(const Tensor& x, bool rounding) { return on_grid(x, 16, -127, 127, rounding); }

Tensor unit_rms(const Tensor& x) {
  Tensor mean = x.square().mean(-1, true, torch::kFloat32);
  return (x * torch::rsqrt(mean + 1e-6)).to(product_type(x));
}

Tensor norm(const Tensor& x, bool rounding) { return signed_grid(unit_rms(x), rounding); }

Tensor weight_on_grid(const Tensor& w, bool rounding) {
  if (!rounding) return w;
  Tensor step = w.detach().abs().amax(-1, true).clamp_min(1e-12) / 63;
  return straight_through(w, (w / step).round() * step);
}

Tensor product(const Tensor& x, const Tensor& w) {
  return torch::linear(x.to(product_type(x)), w.to(product_type(x)));
}

struct Rotary {
  Tensor cosine, sine;  // [length][1][head_dim / 2]

  Rotary(const ModelConfig& c, int64_t length, torch::Device device) {
    const int64_t half = c.head_dim / 2;
    Tensor frequency = torch::pow(
        kRotaryBase, -torch::arange(0, half, torch::kFloat64) / static_cast<double>(half));
    Tensor angle =
        torch::outer(torch::arange(length, torch::kFloat64), frequency).unsqueeze(1).to(device);
    cosine = angle.cos().to(torch::kFloat32);
    sine = angle.sin().to(torch::kFloat32);
  }

  // x: [batch, length, heads, head_dim].
  Tensor operator()(const Tensor& x) const {
    const std::vector<Tensor> halves = x.chunk(2, 3);
    const Tensor &a = halves[0], &b = halves[1];
    return torch::cat({a * cosine - b * sine, b * cosine + a * sine}, 3).to(product_type(x));
  }
};

// What is added to the scores of a block's queries: 0 where they see the key, else -infinity. The
// keys are those of the block before and of the own one. [window, 2 * window]
Tensor window_mask(int64_t window, const Tensor& like) {
  const auto options = torch::TensorOptions().device(like.device()).dtype(torch::kInt64);
  Tensor query = torch::arange(window, options).unsqueeze(1),
         key = torch::arange(2 * window, options).unsqueeze(0);
  Tensor hidden = (key <= query) | (key > query + window);
  return torch::zeros({window, 2 * window}, like.options().dtype(product_type(like)))
      .masked_fill(hidden, -INFINITY);
}

// softmax(q k + mask) v: q [n, heads, queries, d], k and v [n, 1, keys, d], mask [queries, keys].
Tensor weighted_values(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
#if TORCH_VERSION_MAJOR >= 2
  // The fused attention divides by the root of d.
  const double root = std::sqrt(static_cast<double>(q.size(3)));
  return at::scaled_dot_product_attention(q * root, k.expand({-1, q.size(1), -1, -1}),
                                          v.expand({-1, q.size(1), -1, -1}), mask);
#else
  return torch::matmul(torch::softmax(torch::matmul(q, k.transpose(2, 3)) + mask, -1), v);
#endif
}

// q, already scaled: [batch, length, heads, head_dim]; k, v: [batch, length, head_dim].
Tensor attention(const ModelConfig& c, const Tensor& q, const Tensor& k, const Tensor& v,
                 const Tensor& mask) {
  const int64_t batch = q.size(0), length = q.size(1), window = c.window, blocks = length / window;
  const int64_t heads = c.heads, dim = c.head_dim;
  Tensor queries = q.view({batch, blocks, window, heads, dim}).transpose(2, 3);
  Tensor keys = k.reshape({batch, blocks, 1, window, dim}),
         values = v.reshape({batch, blocks, 1, window, dim});
  // The first block has none before it; the others all look alike.
  Tensor o = weighted_values(queries.select(1, 0), keys.select(1, 0), values.select(1, 0),
                             mask.slice(1, window).contiguous())
                 .unsqueeze(1);
  if (blocks > 1) {
    auto pairs = [&](const Tensor& t) {
      return torch::cat({t.slice(1, 0, blocks - 1), t.slice(1, 1, blocks)}, 3).flatten(0, 1);
    };
    Tensor rest = weighted_values(queries.slice(1, 1, blocks).flatten(0, 1), pairs(keys),
                                  pairs(values), mask);
    o = torch::cat({o, rest.view({batch, blocks - 1, heads, window, dim})}, 1);
  }
  return o.transpose(2, 3).reshape({batch, length, heads * dim});
}

// Rows of the table of pairs: pair_row() of every token.
Tensor pair_rows(const ModelConfig& c, const Tensor& previous, const Tensor& current) {
  Tensor hash = (previous * int64_t{2654435761} + current * int64_t{2246822519})
                    .bitwise_and(torch::Scalar(int64_t{0xffffffff}));
  return (hash * int64_t{c.pair_rows}).bitwise_right_shift(torch::Scalar(32));
}

std::vector<Tensor> weights_on_grids(const ModelConfig& c, const std::vector<Tensor>& parameters,
                                     bool rounding) {
  using I = ParameterIndex;
  std::vector<Tensor> w;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const bool whole = i == I::kHead || i == I::scalars(c) || i == I::attention_scale(c);
    w.push_back(weight_on_grid(parameters[i], rounding && !whole));
  }
  return w;
}

// What the head reads, from w = the weights, on their grids when rounding.
Tensor body(const ModelConfig& c, const std::vector<Tensor>& w, const Tensor& tokens,
            bool rounding) {
  using I = ParameterIndex;
  const int64_t batch = tokens.size(0), length = tokens.size(1) - 2;
  const Tensor previous = tokens.slice(1, 0, length), current = tokens.slice(1, 1, length + 1);
  const Rotary rotary(c, length, w[0].device());
  const Tensor mask = window_mask(c.window, w[0]);
  const Tensor x0 =
      torch::embedding(w[I::kEmbedding], current) + torch::embedding(w[I::kPrevious], previous);
  Tensor x = x0, pair;
  if (c.pair_rows > 0) pair = torch::embedding(w[I::pairs(c)], pair_rows(c, previous, current));
  for (uint32_t l = 0; l < c.layers; ++l) {
    auto weight = [&](size_t which) { return w[I::layer(l, which)]; };
    auto rotated = [&](const Tensor& t) { return signed_grid(rotary(unit_rms(t)), rounding); };
    const Tensor scalars = w[I::scalars(c)][l], scale = w[I::attention_scale(c)][l];
    x = scalars[0] * x + scalars[1] * x0;
    if (pair.defined()) x = x + scalars[2] * pair;
    Tensor a = norm(x, rounding);
    Tensor q = rotated(product(a, weight(0)).view({batch, length, c.heads, c.head_dim}));
    Tensor k = rotated(product(a, weight(1)).view({batch, length, 1, c.head_dim})).squeeze(2);
    Tensor v = product(a, weight(2));
    if (has_value_embedding(c, l)) v = v + torch::embedding(w[I::value_embedding(c, l)], current);
    Tensor o = attention(c, q * scale.unsqueeze(1).to(q.dtype()), k, norm(v, rounding), mask);
    x = x + product(norm(o, rounding), weight(3));
    Tensor r = torch::relu(product(norm(x, rounding), weight(4))).square();
    x = x + product(on_grid(unit_rms(r), 12, 0, 255, rounding), weight(5));
  }
  return norm(x, rounding).view({batch * length, -1});
}

// The logits of so many tokens are in memory at once.
constexpr int64_t kSlice = 8192;

// The sum over rows of -ln softmax(h W^T)[target]; its gradients are computed with it.
struct HeadLoss : Function<HeadLoss> {
  static Tensor forward(AutogradContext* ctx, Tensor h, Tensor weight, Tensor target) {
    const Tensor w = weight.to(h.dtype());
    Tensor dh = torch::empty_like(h), dw = torch::zeros_like(weight);
    Tensor sum = torch::zeros({}, weight.options());
    for (int64_t begin = 0; begin < h.size(0); begin += kSlice) {
      const int64_t end = std::min(begin + kSlice, h.size(0));
      Tensor part = h.slice(0, begin, end), t = target.slice(0, begin, end).unsqueeze(1);
      Tensor log_p = torch::log_softmax(torch::linear(part, w), 1, torch::kFloat32);
      sum -= log_p.gather(1, t).sum();
      Tensor p = log_p.exp_();
      Tensor d = p.scatter_add_(1, t, torch::full_like(t, -1, p.options())).to(h.dtype());
      dh.slice(0, begin, end).copy_(torch::mm(d, w));
      dw += torch::mm(d.t(), part);
    }
    ctx->save_for_backward({dh, dw});
    return sum;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    return {saved[0] * grad[0].to(saved[0].dtype()), saved[1] * grad[0], Tensor()};
  }
};

Tensor sum_without_gradients(const Tensor& h, const Tensor& weight, const Tensor& target) {
  Tensor sum = torch::zeros({}, weight.options());
  for (int64_t begin = 0; begin < h.size(0); begin += kSlice) {
    const int64_t end = std::min(begin + kSlice, h.size(0));
    Tensor log_p = torch::log_softmax(product(h.slice(0, begin, end), weight), 1, torch::kFloat32);
    sum -= log_p.gather(1, target.slice(0, begin, end).unsqueeze(1)).sum();
  }
  return sum;
}

Tensor targets(const Tensor& tokens) { return tokens.slice(1, 2).reshape({-1}); }

}  // namespace

void move_to_device(Parameters& parameters, const std::string& device) {
  if (device == "cuda" && !torch::cuda::is_available()) {
    throw Error(ErrorKind::kUsage,
                "--device cuda: this libtorch finds no CUDA device (nvidia-smi shows whether "
                "the driver does); --device cpu trains on the processor");
  }
  for (Tensor& t : parameters.tensors) t = t.to(torch::Device(device));
}

double plain_loss(const ModelConfig& config, const Parameters& parameters, const Tensor& tokens,
                  bool rounding) {
  torch::NoGradGuard no_gradient;
  const std::vector<Tensor> w = weights_on_grids(config, parameters.tensors, rounding);
  const Tensor on_device = tokens.to(w[0].device());
  return sum_without_gradients(body(config, w, on_device, rounding), w[ParameterIndex::kHead],
                               targets(on_device))
      .item<double>();
}

Tensor plain_gradients(const ModelConfig& config, const Parameters& parameters,
                       const Tensor& tokens, bool rounding, std::vector<Tensor>& gradients) {
  std::vector<Tensor> leaves;
  for (const Tensor& t : parameters.tensors) leaves.push_back(t.detach().requires_grad_(true));
  const std::vector<Tensor> w = weights_on_grids(config, leaves, rounding);
  const Tensor on_device = tokens.to(w[0].device()), target = targets(on_device);
  Tensor mean =
      HeadLoss::apply(body(config, w, on_device, rounding), w[ParameterIndex::kHead], target) /
      target.size(0);
  gradients = torch::autograd::grad({mean}, leaves);
  return mean.detach();
}

}  // namespace llmz::train
