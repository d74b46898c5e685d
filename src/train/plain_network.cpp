// SPDX-License-Identifier: Apache-2.0
#include "train/plain_network.h"

#include <torch/version.h>

#include <cmath>

#include "base/error.h"

namespace llmz::train {
namespace {

using torch::Tensor;

// What `rounded` says, with the gradient of `exact`.
Tensor straight_through(const Tensor& exact, const Tensor& rounded) {
  return exact + (rounded - exact).detach();
}

Tensor on_grid(const Tensor& x, double levels_per_unit, double low, double high, bool rounding) {
  if (!rounding) return x;
  Tensor limited = x.clamp(low / levels_per_unit, high / levels_per_unit);
  return straight_through(limited, (limited * levels_per_unit).round() / levels_per_unit);
}

Tensor unit_rms(const Tensor& x) { return x * torch::rsqrt(x.square().mean(-1, true) + 1e-6); }

Tensor norm(const Tensor& x, bool rounding) {
  return on_grid(unit_rms(x.to(torch::kFloat32)), 16, -127, 127, rounding);
}

Tensor weight_on_grid(const Tensor& w, bool rounding) {
  if (!rounding) return w;
  Tensor step = w.detach().abs().amax(-1, true).clamp_min(1e-12) / 63;
  return straight_through(w, (w / step).round() * step);
}

Tensor product(const Tensor& x, const Tensor& w) {
  if (!x.is_cuda()) return torch::linear(x, w);
  return torch::linear(x.to(torch::kBFloat16), w.to(torch::kBFloat16)).to(torch::kFloat32);
}

// x: [batch, length, heads, head_dim].
Tensor rotate(const Tensor& x) {
  const int64_t half = x.size(3) / 2;
  const auto options = torch::TensorOptions().device(x.device()).dtype(torch::kFloat64);
  Tensor frequency =
      torch::pow(kRotaryBase, -torch::arange(0, half, options) / static_cast<double>(half));
  Tensor angle = torch::outer(torch::arange(x.size(1), options), frequency).unsqueeze(1);
  Tensor cosine = angle.cos().to(torch::kFloat32), sine = angle.sin().to(torch::kFloat32);
  Tensor a = x.slice(3, 0, half), b = x.slice(3, half);
  return torch::cat({a * cosine - b * sine, b * cosine + a * sine}, 3);
}

// Keys or values [batch, length, head_dim] as [batch * blocks, 1, 2 * window, head_dim].
Tensor block_pairs(const Tensor& t, int64_t window) {
  const int64_t batch = t.size(0), blocks = t.size(1) / window, dim = t.size(2);
  Tensor padded = torch::cat({torch::zeros({batch, window, dim}, t.options()), t}, 1)
                      .view({batch, blocks + 1, window, dim});
  return torch::cat({padded.slice(1, 0, blocks), padded.slice(1, 1, blocks + 1)}, 2)
      .view({batch * blocks, 1, 2 * window, dim});
}

// Which keys of a pair of blocks a query sees: [batch * blocks, 1, window, 2 * window].
Tensor visible(int64_t batch, int64_t blocks, int64_t window, torch::Device device) {
  const auto options = torch::TensorOptions().device(device).dtype(torch::kInt64);
  Tensor query = torch::arange(window, options).view({1, -1, 1}),
         key = torch::arange(2 * window, options).view({1, 1, -1}),
         block = torch::arange(blocks, options).view({-1, 1, 1});
  Tensor mask = (key > query) & (key <= query + window) & ((key >= window) | (block > 0));
  return mask.repeat({batch, 1, 1}).unsqueeze(1);
}

// q: [batch, length, heads, head_dim]; k, v: [batch, length, head_dim].
Tensor attention(const ModelConfig& c, const Tensor& q, const Tensor& k, const Tensor& v,
                 const Tensor& mask) {
  const int64_t batch = q.size(0), length = q.size(1), window = c.window;
  const auto type = q.is_cuda() ? torch::kBFloat16 : torch::kFloat32;
  const int64_t heads = c.heads, dim = c.head_dim;
  Tensor queries = q.view({-1, window, heads, dim}).transpose(1, 2).to(type);
  Tensor keys = block_pairs(k, window).to(type), values = block_pairs(v, window).to(type);
#if TORCH_VERSION_MAJOR >= 2
  // The fused attention divides by the root of head_dim.
  const double scale = kAttentionScale * std::sqrt(static_cast<double>(dim));
  const int64_t pairs = keys.size(0);
  Tensor o = at::scaled_dot_product_attention(queries * scale, keys.expand({pairs, heads, -1, -1}),
                                              values.expand({pairs, heads, -1, -1}), mask);
#else
  Tensor scores = torch::matmul(queries, keys.transpose(2, 3)) * kAttentionScale;
  Tensor o =
      torch::matmul(torch::softmax(scores.masked_fill(mask.logical_not(), -INFINITY), -1), values);
#endif
  return o.transpose(1, 2).reshape({batch, length, heads * dim}).to(torch::kFloat32);
}

// -ln p of every token, summed or in the mean.
Tensor loss_of(const ModelConfig& c, const std::vector<Tensor>& parameters, const Tensor& tokens,
               bool rounding, bool mean) {
  using I = ParameterIndex;
  std::vector<Tensor> w;
  for (size_t i = 0; i < parameters.size(); ++i)
    w.push_back(weight_on_grid(parameters[i], rounding && i != I::kHead));
  const int64_t batch = tokens.size(0), length = tokens.size(1) - 2;
  const Tensor on_device = tokens.to(w[0].device());
  const Tensor mask = visible(batch, length / c.window, c.window, w[0].device());
  Tensor x = torch::embedding(w[I::kEmbedding], on_device.slice(1, 1, length + 1)) +
             torch::embedding(w[I::kPrevious], on_device.slice(1, 0, length));
  for (uint32_t l = 0; l < c.layers; ++l) {
    auto weight = [&](size_t which) { return w[I::layer(l, which)]; };
    auto rotated = [&](const Tensor& t) {
      return on_grid(rotate(unit_rms(t)), 16, -127, 127, rounding);
    };
    Tensor a = norm(x, rounding);
    Tensor q = rotated(product(a, weight(0)).view({batch, length, c.heads, c.head_dim}));
    Tensor k = rotated(product(a, weight(1)).view({batch, length, 1, c.head_dim})).squeeze(2);
    Tensor v = norm(product(a, weight(2)), rounding);
    x = x + product(norm(attention(c, q, k, v, mask), rounding), weight(3));
    Tensor r = torch::relu(product(norm(x, rounding), weight(4))).square();
    x = x + product(on_grid(unit_rms(r), 12, 0, 255, rounding), weight(5));
  }
  Tensor logits = product(norm(x, rounding), w[I::kHead]).view({batch * length, -1});
  Tensor target = on_device.slice(1, 2, length + 2).reshape({-1});
  return mean ? torch::nn::functional::cross_entropy(logits, target)
              : torch::log_softmax(logits, 1).gather(1, target.unsqueeze(1)).sum().neg();
}

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
  return loss_of(config, parameters.tensors, tokens, rounding, false).item<double>();
}

double plain_gradients(const ModelConfig& config, const Parameters& parameters,
                       const Tensor& tokens, bool rounding, std::vector<Tensor>& gradients) {
  std::vector<Tensor> leaves;
  for (const Tensor& t : parameters.tensors) leaves.push_back(t.detach().requires_grad_(true));
  Tensor mean = loss_of(config, leaves, tokens, rounding, true);
  gradients = torch::autograd::grad({mean}, leaves);
  return mean.item<double>();
}

}  // namespace llmz::train
