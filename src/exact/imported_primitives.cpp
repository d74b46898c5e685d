// SPDX-License-Identifier: Apache-2.0
#include "exact/imported_primitives.h"

#include <algorithm>

#include "exact/imported_kernels.h"

namespace llmz::torch_exact {
namespace {

constexpr int64_t kLow32 = 0xffffffff;

// (a + 2^(s-1)) >> s, and a where s is 0.
Tensor round_shift_by(const Tensor& a, const Tensor& s) {
  const Tensor half = shift_right(at::bitwise_left_shift(at::ones_like(s), s), 1);
  return at::bitwise_right_shift(a + half, s);
}

// How far the largest value of a row exceeds `bits` bits: int64 [rows][1].
Tensor excess(const Tensor& c, int64_t bits) {
  return (bit_length(c.abs().amax(-1, /*keepdim=*/true)) - bits).clamp_min(0);
}

// 24 fraction bits. v >= 0 has 15; `negative` says where v stands for -v.
Tensor logistic(const Tensor& v, const Tensor& negative) {
  const Power power = exp2_neg(v);
  const Tensor e = at::bitwise_right_shift(power.g * (1 << 15), power.whole);
  const Tensor above = at::where(negative, e * (1 << 24), at::full_like(e, int64_t{1} << 54));
  return quotient(above, e + (1 << 30));
}

Tensor gated_by(const Tensor& z, const Tensor& v) {
  return round_shift(z * logistic(v, z < 0), 24);
}

}  // namespace

WideMatrix load_wide(const ImportedMatrix& matrix, at::Device device) {
  WideMatrix out;
  const IntegerMatrix& m = matrix.matrix;
  auto* weight = const_cast<int8_t*>(m.weight.data());
  out.weight = at::from_blob(weight, {m.rows, m.columns}, at::kChar).clone().to(device);
  if (device.is_cuda()) out.weight = out.weight.to(at::kDouble);
  out.multiplier = as_longs(m.multiplier, device);
  if (!matrix.bias.empty()) out.bias = as_longs(matrix.bias, device);
  out.shift = m.shift;
  return out;
}

Tensor wide_product(const Tensor& a, const Tensor& b, Workers& workers) {
  if (b.scalar_type() == at::kDouble) return at::matmul(a.to(at::kDouble), b.t()).to(at::kLong);
  const Tensor left = a.to(at::kShort).contiguous();
  const auto m = static_cast<size_t>(a.size(0)), k = static_cast<size_t>(a.size(1));
  const int64_t n = b.size(0);
  const Tensor out = at::empty({a.size(0), n}, at::kLong);
  const bool widen = b.scalar_type() == at::kChar;
  constexpr int64_t kBlock = 32;  // rows of b
  workers.for_each((n + kBlock - 1) / kBlock, [&](int64_t block) {
    const int64_t first = block * kBlock;
    const auto rows = static_cast<size_t>(std::min(kBlock, n - first));
    const size_t skipped = static_cast<size_t>(first) * k;
    std::vector<int16_t> wide(widen ? rows * k : 0);
    const int16_t* right = wide.data();
    if (widen) {
      exact::widen(b.data_ptr<int8_t>() + skipped, rows * k, wide.data());
    } else {
      right = b.data_ptr<int16_t>() + skipped;
    }
    exact::multiply(left.data_ptr<int16_t>(), m, right, rows, k, out.data_ptr<int64_t>() + first,
                    static_cast<size_t>(n));
  });
  return out;
}

Tensor floor_quotient(const Tensor& a, const Tensor& b) { return at::div(a, b, "floor"); }

Fitted fit(const Tensor& c) {
  const Tensor p = excess(c, 15);
  return {limit(round_shift_by(c, p), 32767).to(at::kShort), p};
}

Tensor wide_linear(const Fitted& input, const WideMatrix& matrix, Workers& workers) {
  Tensor sum = wide_product(input.a, matrix.weight, workers) * matrix.multiplier;
  if (matrix.bias.defined()) sum = sum + at::bitwise_right_shift(matrix.bias, input.p);
  return limit(round_shift_by(sum, matrix.shift - input.p), kWideLimit);
}

Tensor wide_unit(const Tensor& x, int64_t epsilon, bool layer_norm) {
  const int64_t n = x.size(-1);
  Tensor c = x;
  if (layer_norm) {
    const Tensor sum = x.sum(-1, /*keepdim=*/true);
    c = x - floor_quotient(2 * sum + n, at::full_like(sum, 2 * n));
  }
  const Tensor p = excess(c, 24);
  const Tensor z = round_shift_by(c, p);
  const Tensor added = at::bitwise_right_shift(at::full_like(p, epsilon), 2 * p);
  const Tensor r = isqrt(at::sum(z * z, -1, /*keepdim=*/true) + added).clamp_min(1);
  const Tensor e = bit_length(r);
  const auto root = static_cast<int64_t>(isqrt(static_cast<uint64_t>(n) << 40));
  const Tensor inverse = quotient(at::bitwise_left_shift(at::full_like(e, root), e), r);
  return round_shift(z * inverse, e + 4);
}

Tensor wide_norm(const Tensor& x, const Tensor& gain, int64_t epsilon, bool layer_norm) {
  return limit(round_shift(wide_unit(x, epsilon, layer_norm) * gain, 20), kWideLimit);
}

Tensor activate(const Tensor& z, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return z.clamp_min(0);
    case Activation::kSilu:
      return gated_by(z, shift_right(z.abs().clamp_max(1 << 25) * 47274, 20));
    default: {
      const Tensor y = limit(z, 1 << 23);
      const Tensor w = shift_right(shift_right(y * y, 20) * 46887, 20) + (1 << 20);
      return gated_by(z, shift_right(shift_right(y.abs() * w, 20) * 75439, 20));
    }
  }
}

WideAngles wide_angles(const Tensor& positions, const RotaryTable& table) {
  // Positions are below 2^11: the product stays below 2^43.
  const Tensor phase = at::bitwise_and(positions.unsqueeze(-1) * table.frequency, kLow32);
  const Tensor k = shift_right(phase, 22), f = at::bitwise_and(shift_right(phase, 7), 32767);
  const auto at_entry = [&](const Tensor& entry) {
    const Tensor low = at::take(table.sine, at::bitwise_and(entry, 1023));
    const Tensor high = at::take(table.sine, at::bitwise_and(entry + 1, 1023));
    return (low * (1 << 15) + (high - low) * f).unsqueeze(1);
  };
  return {at_entry(k + 256), at_entry(k)};
}

Tensor wide_rotate(const Tensor& y, const WideAngles& angles) {
  const int64_t half = y.size(-1) / 2;
  const Tensor a = y.narrow(-1, 0, half), b = y.narrow(-1, half, half);
  const Tensor first = round_shift(a * angles.cosine - b * angles.sine, 29);
  const Tensor second = round_shift(b * angles.cosine + a * angles.sine, 29);
  return limit(at::cat({first, second}, -1), 32767);
}

}  // namespace llmz::torch_exact
