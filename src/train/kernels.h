// SPDX-License-Identifier: Apache-2.0
// Fused element-wise passes of training on a processor, forward and backward, in bfloat16 with
// float sums. libtorch runs each of these as 3 to 8 passes over memory; together they take longer
// than the matrix products. Every function works on `rows` rows of `dim` values, on the calling
// thread only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llmz::train {

using Bf16 = uint16_t;  // the upper half of an IEEE float

// What a normalized activation becomes: round(value * levels_per_unit) clamped to [low, high], as
// inference does. rounding == false leaves the value as it is (float part of the training).
struct ActivationGrid {
  bool rounding;
  float levels_per_unit;
  float low;
  float high;
};

// y = grid(x / rms(x)). inverse_rms[rows] is kept for the backward pass.
void norm_forward(const float* x, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                  ActivationGrid grid);
void norm_forward(const Bf16* x, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                  ActivationGrid grid);
// Straight-through for the rounding, zero where the clamp was active.
void norm_backward(const float* x, const float* inverse_rms, const Bf16* dy, float* dx, size_t rows,
                   size_t dim, ActivationGrid grid);
void norm_backward(const Bf16* x, const float* inverse_rms, const Bf16* dy, Bf16* dx, size_t rows,
                   size_t dim, ActivationGrid grid);

// y = grid(r / rms(r)), r = max(z, 0)^2.
void relu2_norm_forward(const Bf16* z, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                        ActivationGrid grid);
void relu2_norm_backward(const Bf16* z, const float* inverse_rms, const Bf16* dy, Bf16* dz,
                         size_t rows, size_t dim, ActivationGrid grid);

// y = grid(rotate(x / rms(x), position)); row r has position (r / heads) % positions.
// cosine and sine: [positions][dim / 2]; dimension i is paired with i + dim / 2. The backward pass
// adds to head_products[heads], where given, the sums of y . dy over the rows of each head.
void norm_rotary_forward(const Bf16* x, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                         size_t heads, size_t positions, const float* cosine, const float* sine,
                         ActivationGrid grid);
void norm_rotary_backward(const Bf16* x, const float* inverse_rms, const Bf16* dy, Bf16* dx,
                          size_t rows, size_t dim, size_t heads, size_t positions,
                          const float* cosine, const float* sine, float* head_products);

// y = a x + b x0 + c g, rows of dim values; g may be null. scalars: a, b, c.
void mix_residual_forward(const float* x, const float* x0, const float* g, const float* scalars,
                          float* y, size_t values);
// dx = a dy; the gradients of x0, g and the scalars are added to what is there.
void mix_residual_backward(const float* x, const float* x0, const float* g, const float* scalars,
                           const float* dy, float* dx, float* dx0, float* dg, float* dscalars,
                           size_t values);

// Softmax in place over scores[rows][keys], row r being query position (r / heads) of its block of
// `window` queries. keys is 2 * window, the block before and the own one, or window, the own one
// alone. The window newest keys are visible, and of a first block (block % blocks_per_sequence ==
// 0, block = r / (heads * window)) only the own ones. scale[heads] multiplies the scores.
void softmax_forward(Bf16* scores, size_t rows, size_t heads, size_t window, size_t keys,
                     size_t blocks_per_sequence, const float* scale);
// d_probability becomes the gradient of the scores as they were before `scale`, in place.
void softmax_backward(const Bf16* probability, Bf16* d_probability, size_t rows, size_t heads,
                      size_t columns, const float* scale);

// sum[id[r]] += x[r].
void add_rows(const float* x, const int64_t* id, size_t rows, size_t dim, float* sum);
void add_rows(const Bf16* x, const int64_t* id, size_t rows, size_t dim, float* sum);

// Cross entropy of logits[rows][vocabulary] against target; the logits become gradient_scale * (p -
// one hot), in place. Returns the sum of -ln p; loss_per_row, where given, gets each row's.
double cross_entropy(Bf16* logits, const int64_t* target, size_t rows, size_t vocabulary,
                     float gradient_scale, float* loss_per_row);

// weight[rows][columns] -> bf16, rounded to round(w / s) * s with s = max|row| / 63 when rounding.
void quantize_weight(const float* weight, Bf16* out, size_t rows, size_t columns, bool rounding);

}  // namespace llmz::train
