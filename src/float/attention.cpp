// SPDX-License-Identifier: Apache-2.0
#include "float/attention.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace llmz::floating {
namespace {

constexpr int64_t kScoreFloats = 8 << 20;
constexpr double kPi = 3.14159265358979323846;

// C = scale * A * B, or A * B^T; row-major, rows lda, ldb and ldc floats apart.
void multiply(bool transpose_b, int64_t m, int64_t n, int64_t k, float scale, const float* a,
              int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc) {
  if (dnnl_sgemm('N', transpose_b ? 'T' : 'N', m, n, k, scale, a, lda, b, ldb, 0, c, ldc) !=
      dnnl_success)
    throw Error(ErrorKind::kInternal, "dnnl_sgemm refuses its arguments");
}

// Of one sequence: queries [count][heads][head_dim] against keys [total][kv_heads][head_dim] gives
// [heads][count][total].
Tensor scores_of(const Tensor& q, const Tensor& k, double scale) {
  const int64_t heads = q.size(1), shared = heads / k.size(1);
  if (!q.is_cpu()) {
    return at::matmul(q.transpose(0, 1) * scale, k.repeat_interleave(shared, 1).permute({1, 2, 0}));
  }
  Tensor scores = at::empty({heads, q.size(0), k.size(0)}, at::kFloat);
  for (int64_t h = 0; h < heads; ++h) {
    multiply(true, q.size(0), k.size(0), q.size(2), static_cast<float>(scale),
             q.data_ptr<float>() + h * q.stride(1), q.stride(0),
             k.data_ptr<float>() + h / shared * k.stride(1), k.stride(0),
             scores.data_ptr<float>() + h * q.size(0) * k.size(0), k.size(0));
  }
  return scores;
}

// probabilities [heads][count][total] of values [total][kv_heads][head_dim] into out
// [count][heads][head_dim].
void mix_values(const Tensor& p, const Tensor& v, Tensor out) {
  const int64_t heads = p.size(0), shared = heads / v.size(1);
  if (!p.is_cpu()) {
    out.copy_(at::matmul(p, v.repeat_interleave(shared, 1).transpose(0, 1)).transpose(0, 1));
    return;
  }
  for (int64_t h = 0; h < heads; ++h) {
    multiply(false, p.size(1), v.size(2), p.size(2), 1,
             p.data_ptr<float>() + h * p.size(1) * p.size(2), p.size(2),
             v.data_ptr<float>() + h / shared * v.stride(1), v.stride(0),
             out.data_ptr<float>() + h * out.stride(1), out.stride(0));
  }
}

void attend_sequence(const Tensor& q, const Tensor& k, const Tensor& v, int64_t window,
                     double scale, Tensor out) {
  const int64_t count = q.size(0), heads = q.size(1);
  const auto options = at::TensorOptions().dtype(at::kLong).device(q.device());
  const int64_t most_keys = window > 0 ? std::min(count, 2 * window) : count;
  const int64_t step = std::clamp<int64_t>(kScoreFloats / (heads * most_keys), 16,
                                           window > 0 ? std::max<int64_t>(window, 16) : 256);
  for (int64_t begin = 0; begin < count; begin += step) {
    const int64_t end = std::min(begin + step, count);
    const int64_t first = window > 0 ? std::max<int64_t>(0, begin - window + 1) : 0;
    const Tensor row = at::arange(begin, end, options).unsqueeze(1),
                 key = at::arange(first, end, options);
    Tensor unseen = key > row;
    if (window > 0) unseen = at::logical_or(unseen, key <= row - window);
    Tensor scores = scores_of(q.slice(0, begin, end), k.slice(0, first, end), scale);
    scores.masked_fill_(unseen, -INFINITY);
    mix_values(at::softmax(scores, -1), v.slice(0, first, end), out.slice(0, begin, end));
  }
}

}  // namespace

Angles angles_of(const std::vector<Sequence>& sequences, const Tensor& turns, at::Device device) {
  std::vector<Tensor> positions;
  for (const Sequence& s : sequences)
    positions.push_back(at::arange(static_cast<int64_t>(s.count), at::kDouble));
  const Tensor angle = at::outer(at::cat(positions), turns).frac().mul(2 * kPi).unsqueeze(1);
  return {angle.cos().to(device, at::kFloat), angle.sin().to(device, at::kFloat)};
}

Tensor rotate(const Tensor& x, const Angles& angles) {
  const int64_t half = x.size(2) / 2;
  const Tensor a = x.slice(2, 0, half), b = x.slice(2, half);
  return at::cat({a * angles.cosine - b * angles.sine, b * angles.cosine + a * angles.sine}, 2);
}

Tensor attention(const std::vector<Sequence>& sequences, const Tensor& query, const Tensor& key,
                 const Tensor& value, int64_t window, double scale) {
  Tensor out = at::empty(query.sizes(), query.options());
  int64_t first = 0;
  for (const Sequence& s : sequences) {
    const int64_t end = first + static_cast<int64_t>(s.count);
    attend_sequence(query.slice(0, first, end), key.slice(0, first, end),
                    value.slice(0, first, end), window, scale, out.slice(0, first, end));
    first = end;
  }
  return out.view({query.size(0), -1});
}

}  // namespace llmz::floating
