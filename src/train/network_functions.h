// SPDX-License-Identifier: Apache-2.0
// The parts of the network that have a gradient of their own, over the loops of kernels.h. Of
// network.cpp alone.
#pragma once

#include <torch/autograd.h>

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

// A tensor, perhaps undefined, that autograd does not follow through a Function.
struct Untracked {
  Tensor tensor;
};

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
// products: float32 [heads], to which the backward pass adds y . dy of each head; or undefined.
struct NormRotary : Function<NormRotary> {
  static Tensor forward(AutogradContext* ctx, Tensor x, Tensor cosine, Tensor sine, bool rounding,
                        Untracked products) {
    Tensor y = torch::empty_like(x), inv = torch::empty({x.numel() / x.size(-1)});
    norm_rotary_forward(bf16(x), bf16(y), inv.data_ptr<float>(), rows_of(x), dim_of(x), x.size(2),
                        x.size(1), cosine.data_ptr<float>(), sine.data_ptr<float>(),
                        signed_grid(rounding));
    ctx->save_for_backward({x, inv, cosine, sine, products.tensor});
    return y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    const Tensor& x = saved[0];
    Tensor dy = grad[0].contiguous(), dx = torch::empty_like(x);
    norm_rotary_backward(bf16(x), saved[1].data_ptr<float>(), bf16(dy), bf16(dx), rows_of(x),
                         dim_of(x), x.size(2), x.size(1), saved[2].data_ptr<float>(),
                         saved[3].data_ptr<float>(),
                         saved[4].defined() ? saved[4].data_ptr<float>() : nullptr);
    return {dx, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

// Softmax over scores [blocks, window * heads, keys] times scale [heads], in place.
struct WindowSoftmax : Function<WindowSoftmax> {
  static Tensor forward(AutogradContext* ctx, Tensor scores, Tensor scale, int64_t window,
                        int64_t blocks_per_sequence) {
    softmax_forward(bf16(scores), rows_of(scores), dim_of(scale), static_cast<size_t>(window),
                    dim_of(scores), static_cast<size_t>(blocks_per_sequence),
                    scale.data_ptr<float>());
    ctx->mark_dirty({scores});
    ctx->save_for_backward({scores, scale});
    return scores;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    Tensor d = grad[0].contiguous();
    softmax_backward(bf16(saved[0]), bf16(d), rows_of(d), dim_of(saved[1]), dim_of(d),
                     saved[1].data_ptr<float>());
    return {d, Tensor(), Tensor(), Tensor()};
  }
};

// y = x + table[id], bfloat16. The gradient of the table goes to `sum` (float32).
struct AddRows : Function<AddRows> {
  static Tensor forward(AutogradContext* ctx, Tensor x, Tensor table, Tensor id, Untracked sum) {
    ctx->save_for_backward({id, sum.tensor});
    return x + torch::embedding(table, id);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    Tensor dy = grad[0].contiguous();
    if (saved[1].defined())
      add_rows(bf16(dy), saved[0].data_ptr<int64_t>(), rows_of(dy), dim_of(dy),
               saved[1].data_ptr<float>());
    return {dy, Tensor(), Tensor(), Tensor()};
  }
};

// What is summed up over all layers, outside of autograd: float32. Without gradients all of it is
// undefined.
struct Sums {
  Tensor x0, pair;                  // [rows][dim]
  Tensor scalars, attention_scale;  // of all layers, as in Parameters
};

// y = a x + b x0 + c pair, with the row `layer` of the scalars [layers][3].
struct MixResidual : Function<MixResidual> {
  static Tensor forward(AutogradContext* ctx, Tensor x, Untracked x0, Untracked pair,
                        Tensor scalars, int64_t layer, const Sums& sums) {
    Tensor y = torch::empty_like(x);
    mix_residual_forward(values_of(x), values_of(x0.tensor), values_of(pair.tensor),
                         values_of(scalars) + 3 * layer, values_of(y),
                         static_cast<size_t>(x.numel()));
    ctx->save_for_backward({x, x0.tensor, pair.tensor, scalars, sums.x0, sums.pair, sums.scalars});
    ctx->saved_data["layer"] = layer;
    return y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad) {
    auto saved = ctx->get_saved_variables();
    const int64_t layer = ctx->saved_data["layer"].toInt();
    Tensor dy = grad[0].contiguous(), dx = torch::empty_like(dy);
    mix_residual_backward(values_of(saved[0]), values_of(saved[1]), values_of(saved[2]),
                          values_of(saved[3]) + 3 * layer, values_of(dy), values_of(dx),
                          values_of(saved[4]), values_of(saved[5]), values_of(saved[6]) + 3 * layer,
                          static_cast<size_t>(dy.numel()));
    return {dx, Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
  static float* values_of(const Tensor& t) { return t.defined() ? t.data_ptr<float>() : nullptr; }
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

}  // namespace
}  // namespace llmz::train
