// SPDX-License-Identifier: Apache-2.0
#include "float/attention.h"

#include <algorithm>
#include <cmath>

#include "float/cpu_products.h"

namespace llmz::floating {
namespace {

constexpr int64_t kScoreFloats = 8 << 20;
constexpr double kPi = 3.14159265358979323846;

// Of one sequence, a head after the other: [heads][rows][head_dim].
struct Heads {
  Tensor queries, keys, values;
};

// Keys and values of several heads of queries are there once for each.
Heads heads_of(const Tensor& q, const Tensor& k, const Tensor& v) {
  const int64_t shared = q.size(1) / k.size(1);
  const auto by_head = [](const Tensor& x, int64_t times) {
    const Tensor heads = x.transpose(0, 1).contiguous();
    return times == 1 ? heads : heads.repeat_interleave(times, 0);
  };
  return {by_head(q, 1), by_head(k, shared), by_head(v, shared)};
}

// 0 where the row sees the key, else minus infinity: [rows][keys].
Tensor mask_of(int64_t begin, int64_t end, int64_t first, int64_t window, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(device);
  const Tensor row = at::arange(begin, end, options).unsqueeze(1),
               key = at::arange(first, end, options);
  Tensor unseen = key > row;
  if (window > 0) unseen = at::logical_or(unseen, key <= row - window);
  return at::zeros(unseen.sizes(), options.dtype(at::kFloat)).masked_fill_(unseen, -INFINITY);
}

// q [heads][rows][head_dim], k and v [heads][keys][head_dim]; gives [heads][rows][head_dim]. The
// mask is of the last keys, all others are seen. All in float32: with so few columns as a head has,
// bfloat16 takes oneDNN five times as long.
Tensor attend_rows(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                   double scale) {
  const bool on_cpu = q.is_cpu();
  const Tensor by_row = k.transpose(1, 2);
  const Tensor scores = on_cpu ? cpu_product(q, by_row, {static_cast<float>(scale), {}, {}})
                               : at::matmul(q, by_row) * scale;
  scores.slice(2, scores.size(2) - mask.size(1)).add_(mask);
  if (!on_cpu) return at::matmul(at::softmax(scores, -1), v);
  cpu_softmax(scores);
  return cpu_product(scores, v, {});
}

void attend_sequence(const Heads& of, int64_t window, double scale, Tensor out) {
  const int64_t heads = of.queries.size(0), count = of.queries.size(1);
  const int64_t most_keys = window > 0 ? std::min(count, 2 * window) : count;
  const int64_t step = std::clamp<int64_t>(kScoreFloats / (heads * most_keys), 16,
                                           window > 0 ? std::max<int64_t>(window, 16) : 256);
  for (int64_t begin = 0; begin < count; begin += step) {
    const int64_t end = std::min(begin + step, count);
    const int64_t first = window > 0 ? std::max<int64_t>(0, begin - window + 1) : 0;
    // Without a window, rows see all keys before the first of them.
    const Tensor mask = mask_of(begin, end, window > 0 ? first : begin, window, out.device());
    out.slice(0, begin, end)
        .copy_(attend_rows(of.queries.slice(1, begin, end), of.keys.slice(1, first, end),
                           of.values.slice(1, first, end), mask, scale)
                   .transpose(0, 1));
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
    const Heads heads =
        heads_of(query.slice(0, first, end), key.slice(0, first, end), value.slice(0, first, end));
    attend_sequence(heads, window, scale, out.slice(0, first, end));
    first = end;
  }
  return out.view({query.size(0), -1});
}

}  // namespace llmz::floating
