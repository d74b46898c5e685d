// SPDX-License-Identifier: Apache-2.0
#include "train/network.h"

#include <cmath>

#include "train/kernels.h"

namespace llmz::train {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

ActivationGrid signed_grid(bool rounding) { return {rounding, 16.0f, -127.0f, 127.0f}; }
ActivationGrid hidden_grid(bool rounding) { return {rounding, 12.0f, 0.0f, 255.0f}; }

Bf16* bf16(const Tensor& t) { return reinterpret_cast<Bf16*>(t.data_ptr<at::BFloat16>()); }
size_t rows_of(const Tensor& t) { return static_cast<size_t>(t.numel() / t.size(-1)); }
size_t dim_of(const Tensor& t) { return static_cast<size_t>(t.size(-1)); }

struct Norm : Function<Norm> {
  static Tensor forward(AutogradContext* ctx, Tensor x, bool rounding) {
    x = x.contiguous();
    Tensor y = torch::empty(x.sizes(), torch::kBFloat16),
           inv = torch::empty({x.numel() / x.size(-1)});
    if (x.dtype() == torch::kFloat32) {
      norm_forward(x.data_ptr<float>(), bf16(y), inv.data_ptr<float>(), rows_of(x), dim_of(x),
                   signed_grid(rounding));
    } else {
      norm_forward(bf16(x), bf16(y), inv.data_ptr<float>(), rows_of(x), dim_of(x),
                   signed_grid(rounding));
    }
    ctx->save_for_backward({x, inv});
    ctx->saved_data["rounding"] = rounding;
    return y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &inv = saved[1];
    const ActivationGrid grid = signed_grid(ctx->saved_data["rounding"].toBool());
    Tensor dy = grad[0].contiguous(), dx = torch::empty_like(x);
    if (x.dtype() == torch::kFloat32) {
      norm_backward(x.data_ptr<float>(), inv.data_ptr<float>(), bf16(dy), dx.data_ptr<float>(),
                    rows_of(x), dim_of(x), grid);
    } else {
      norm_backward(bf16(x), inv.data_ptr<float>(), bf16(dy), bf16(dx), rows_of(x), dim_of(x),
                    grid);
    }
    return {dx, Tensor()};
  }
};

struct Relu2Norm : Function<Relu2Norm> {
  static Tensor forward(AutogradContext* ctx, Tensor z, bool rounding) {
    Tensor y = torch::empty_like(z), inv = torch::empty({z.numel() / z.size(-1)});
    relu2_norm_forward(bf16(z), bf16(y), inv.data_ptr<float>(), rows_of(z), dim_of(z),
                       hidden_grid(rounding));
    ctx->save_for_backward({z, inv});
    ctx->saved_data["rounding"] = rounding;
    return y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    Tensor dy = grad[0].contiguous(), dz = torch::empty_like(saved[0]);
    relu2_norm_backward(bf16(saved[0]), saved[1].data_ptr<float>(), bf16(dy), bf16(dz), rows_of(dz),
                        dim_of(dz), hidden_grid(ctx->saved_data["rounding"].toBool()));
    return {dz, Tensor()};
  }
};

// x: [batch, length, heads, head_dim]
struct NormRotary : Function<NormRotary> {
  static Tensor forward(AutogradContext* ctx, Tensor x, Tensor cosine, Tensor sine, bool rounding) {
    Tensor y = torch::empty_like(x), inv = torch::empty({x.numel() / x.size(-1)});
    norm_rotary_forward(bf16(x), bf16(y), inv.data_ptr<float>(), rows_of(x), dim_of(x), x.size(2),
                        x.size(1), cosine.data_ptr<float>(), sine.data_ptr<float>(),
                        signed_grid(rounding));
    ctx->save_for_backward({x, inv, cosine, sine});
    return y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    const Tensor& x = saved[0];
    Tensor dy = grad[0].contiguous(), dx = torch::empty_like(x);
    norm_rotary_backward(bf16(x), saved[1].data_ptr<float>(), bf16(dy), bf16(dx), rows_of(x),
                         dim_of(x), x.size(2), x.size(1), saved[2].data_ptr<float>(),
                         saved[3].data_ptr<float>(), signed_grid(false));
    return {dx, Tensor(), Tensor(), Tensor()};
  }
};

// Softmax over scores [blocks, window * heads, keys], in place.
struct WindowSoftmax : Function<WindowSoftmax> {
  static Tensor forward(AutogradContext* ctx, Tensor scores, int64_t heads, int64_t window,
                        int64_t blocks_per_sequence) {
    softmax_forward(bf16(scores), rows_of(scores), static_cast<size_t>(heads),
                    static_cast<size_t>(window), dim_of(scores),
                    static_cast<size_t>(blocks_per_sequence), static_cast<float>(kAttentionScale));
    ctx->mark_dirty({scores});
    ctx->save_for_backward({scores});
    return scores;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    Tensor probability = ctx->get_saved_variables()[0], d = grad[0].contiguous();
    softmax_backward(bf16(probability), bf16(d), rows_of(d), dim_of(d),
                     static_cast<float>(kAttentionScale));
    return {d, Tensor(), Tensor(), Tensor()};
  }
};

// rows[r] = table[id[r]]: float32 [rows][dim] from bfloat16. The gradient goes to `sum` (float32).
struct Lookup : Function<Lookup> {
  static Tensor forward(AutogradContext* ctx, Tensor table, Tensor id, Tensor sum) {
    ctx->save_for_backward({id, sum});
    return torch::embedding(table, id).to(torch::kFloat32);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    Tensor dy = grad[0].contiguous();
    const int64_t* id = saved[0].data_ptr<int64_t>();
    add_rows(dy.data_ptr<float>(), id, rows_of(dy), dim_of(dy), saved[1].data_ptr<float>());
    return {Tensor(), Tensor(), Tensor()};
  }
};

// The mean over rows of -ln softmax(h W^T)[target]; the gradients are computed with it, a slice of
// rows at a time; that of W goes to `sum` (float32).
struct HeadLoss : Function<HeadLoss> {
  static constexpr int64_t kSlice = 512;
  static Tensor forward(AutogradContext* ctx, Tensor h, Tensor weight, Tensor target, Tensor sum) {
    Tensor dh = torch::empty_like(h);
    double total = 0;
    const float scale = 1.0f / static_cast<float>(h.size(0));
    for (int64_t begin = 0; begin < h.size(0); begin += kSlice) {
      const int64_t end = std::min(begin + kSlice, h.size(0));
      Tensor part = h.slice(0, begin, end), logits = torch::linear(part, weight);
      total += cross_entropy(bf16(logits), target.data_ptr<int64_t>() + begin,
                             static_cast<size_t>(end - begin), dim_of(logits), scale, nullptr);
      dh.slice(0, begin, end).copy_(torch::mm(logits, weight));
      sum += torch::mm(logits.t(), part);
    }
    ctx->save_for_backward({dh});
    return torch::tensor(total * scale, torch::kFloat64);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    (void)grad;  // the loss is the root: its gradient is 1
    return {ctx->get_saved_variables()[0], Tensor(), Tensor(), Tensor()};
  }
};

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

Tensor attention(const ModelConfig& c, const Tensor& q, const Tensor& k, const Tensor& v) {
  const int64_t batch = q.size(0), length = q.size(1), blocks = length / c.window;
  Tensor queries = q.view({batch * blocks, static_cast<int64_t>(c.window * c.heads), c.head_dim});
  Tensor scores = torch::bmm(queries, block_pairs(k, c.window).transpose(1, 2));
  Tensor probability = WindowSoftmax::apply(scores, static_cast<int64_t>(c.heads),
                                            static_cast<int64_t>(c.window), blocks);
  return torch::bmm(probability, block_pairs(v, c.window))
      .view({batch, length, static_cast<int64_t>(c.heads * c.head_dim)});
}

struct Inputs {
  int64_t batch, length;
  Tensor previous, input, target;
  explicit Inputs(const Tensor& tokens)
      : batch(tokens.size(0)),
        length(tokens.size(1) - 2),
        previous(tokens.slice(1, 0, length).contiguous().view({-1})),
        input(tokens.slice(1, 1, length + 1).contiguous().view({-1})),
        target(tokens.slice(1, 2, length + 2).contiguous().view({-1})) {}
};

// The hidden vectors that the head reads, from x = the sum of the embeddings.
Tensor body(const ModelConfig& c, const std::vector<Tensor>& w, Tensor x, const Inputs& in,
            bool rounding) {
  const int64_t batch = in.batch, length = in.length, rows = batch * length;
  const Rotary rotary(length, c.head_dim);
  for (uint32_t l = 0; l < c.layers; ++l) {
    auto weight = [&](size_t which) { return w[ParameterIndex::layer(l, which)]; };
    Tensor a = Norm::apply(x, rounding);
    Tensor q = torch::linear(a, weight(0)).view({batch, length, c.heads, c.head_dim});
    Tensor k = torch::linear(a, weight(1)).view({batch, length, 1, c.head_dim});
    Tensor v = torch::linear(a, weight(2)).view({batch, length, c.head_dim});
    Tensor o = attention(c, NormRotary::apply(q, rotary.cosine, rotary.sine, rounding),
                         NormRotary::apply(k, rotary.cosine, rotary.sine, rounding)
                             .view({batch, length, c.head_dim}),
                         Norm::apply(v, rounding));
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
  return p;
}

int64_t Parameters::count() const {
  int64_t n = 0;
  for (const auto& t : tensors) n += t.numel();
  return n;
}

std::vector<Tensor> prepare_weights(const Parameters& p, bool rounding) {
  std::vector<Tensor> weights;
  for (size_t i = 0; i < p.tensors.size(); ++i) {
    const Tensor& t = p.tensors[i];
    const bool round = rounding && i != ParameterIndex::kHead;  // the head is stored in 16 bits
    Tensor w = torch::empty(t.sizes(), torch::kBFloat16);
    quantize_weight(t.data_ptr<float>(), bf16(w), rows_of(t), dim_of(t), round);
    weights.push_back(w);
  }
  return weights;
}

double loss(const ModelConfig& c, const std::vector<Tensor>& w, const Tensor& tokens,
            bool rounding) {
  using I = ParameterIndex;
  torch::NoGradGuard no_gradient;
  const Inputs in(tokens);
  Tensor x = torch::embedding(w[I::kEmbedding], in.input).to(torch::kFloat32) +
             torch::embedding(w[I::kPrevious], in.previous);
  Tensor logits = torch::linear(body(c, w, x, in, rounding), w[I::kHead]);
  return cross_entropy(bf16(logits), in.target.data_ptr<int64_t>(), rows_of(logits), c.vocabulary,
                       0, nullptr);
}

double add_gradients(const ModelConfig& c, const std::vector<Tensor>& weights, const Tensor& tokens,
                     bool rounding, std::vector<Tensor>& gradients) {
  using I = ParameterIndex;
  std::vector<Tensor> w;
  for (const Tensor& t : weights) w.push_back(t.detach().requires_grad_(true));
  const Inputs in(tokens);
  Tensor x = Lookup::apply(w[I::kEmbedding], in.input, gradients[I::kEmbedding]) +
             Lookup::apply(w[I::kPrevious], in.previous, gradients[I::kPrevious]);
  Tensor mean =
      HeadLoss::apply(body(c, w, x, in, rounding), w[I::kHead], in.target, gradients[I::kHead]);
  mean.backward();
  for (size_t i = I::kFirstLayer; i < w.size(); ++i) gradients[i] += w[i].grad();
  return mean.item<double>();
}

}  // namespace llmz::train
