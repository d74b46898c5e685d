// SPDX-License-Identifier: Apache-2.0
#include "exact/torch_engine_primitives.h"

#include <vector>

namespace llmz::torch_exact {
namespace {

constexpr int64_t kLinearLimit = (int64_t{1} << 27) - 1;
constexpr int64_t kLow32 = 0xffffffff;
constexpr int64_t kLargestRoot = 3037000499;  // isqrt(2^63 - 1)

Tensor shift_left(const Tensor& a, int64_t s) { return at::bitwise_left_shift(a, s); }

// 2^s for each element.
Tensor power_of_two(const Tensor& s) { return at::bitwise_left_shift(at::ones_like(s), s); }

// A copy on the device: the vectors of the model may go away and from_blob does not own.
template <typename T>
Tensor copy_of(const std::vector<T>& values, at::ScalarType type, at::ScalarType as,
               at::Device device) {
  auto* data = const_cast<T*>(values.data());
  return at::from_blob(data, {static_cast<int64_t>(values.size())}, type).clone().to(device, as);
}

}  // namespace

Matrix load_table(const IntegerMatrix& table, at::Device device) {
  Matrix out;
  out.weight =
      copy_of(table.weight, at::kChar, at::kChar, device).view({table.rows, table.columns});
  out.multiplier = copy_of(table.multiplier, at::kInt, at::kLong, device);
  out.shift = table.shift;
  return out;
}

Matrix load_matrix(const IntegerMatrix& matrix, int64_t most, at::Device device) {
  constexpr int64_t kMostWeight = 63;
  Matrix out = load_table(matrix, device);
  const at::ScalarType type = carrier_of(int64_t{matrix.columns} * kMostWeight * most);
  out.transposed = out.weight.to(type).t().contiguous();
  return out;
}

Tensor shift_right(const Tensor& a, int64_t s) { return at::bitwise_right_shift(a, s); }

Tensor round_shift(const Tensor& a, int64_t s) {
  return s == 0 ? a : shift_right(a + (int64_t{1} << (s - 1)), s);
}

Tensor round_shift(const Tensor& a, const Tensor& s) {
  return at::bitwise_right_shift(a + power_of_two(s - 1), s);
}

Tensor limit(const Tensor& a, int64_t m) { return at::clamp(a, -m, m); }

Tensor quotient(const Tensor& a, const Tensor& b) { return at::div(a, b, "floor"); }

Tensor isqrt(const Tensor& a) {
  // The guess is off by one at most: a rounds to 53 bits with a relative error of 2^-53, half of
  // that is left after the root, and the root is below 2^32. a - g*g > 2g says (g+1)^2 <= a without
  // the overflow.
  Tensor g = at::floor(at::sqrt(a.to(at::kDouble))).to(at::kLong).clamp_max(kLargestRoot);
  g = g - (g * g > a).to(at::kLong);
  return g + (a - g * g > 2 * g).to(at::kLong);
}

uint64_t isqrt(uint64_t a) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const uint64_t next = root | bit;
    if (next * next <= a) root = next;
  }
  return root;
}

Tensor bit_length(const Tensor& a) {
  const Tensor powers = power_of_two(at::arange(63, a.options()));
  return at::sum(a.unsqueeze(-1) >= powers, -1);
}

at::ScalarType carrier_of(int64_t most) {
  return most < int64_t{1} << 24 ? at::kFloat : at::kDouble;
}

Tensor product(const Tensor& a, const Tensor& b) {
  const at::ScalarType type = b.is_floating_point() ? b.scalar_type() : at::kDouble;
  return at::matmul(a.to(type), b.to(type)).to(at::kLong);
}

Tensor linear(const Tensor& a, const Matrix& matrix) {
  return limit(round_shift(product(a, matrix.transposed) * matrix.multiplier, matrix.shift),
               kLinearLimit);
}

Tensor norm(const Tensor& x, int64_t scale, int64_t s) {
  const auto n = static_cast<uint64_t>(x.size(-1));
  const auto c = static_cast<int64_t>(isqrt((static_cast<uint64_t>(scale * scale) * n) << (2 * s)));
  const Tensor r = isqrt(at::sum(x * x, -1, /*keepdim=*/true)).clamp_min(1);
  const Tensor e = bit_length(r);
  const Tensor inverse = quotient(c * power_of_two(e), r);
  return round_shift(x * inverse, s + e);
}

Power exp2_neg(const Tensor& t) {
  const Tensor f = at::bitwise_and(t, 32767);
  Tensor g = at::full_like(f, 224);
  for (int64_t coefficient : {-1745, 7848, -22711, 32768}) g = round_shift(g * f, 15) + coefficient;
  return {g, shift_right(t, 15).clamp_max(31)};
}

Angles angles_of(const Tensor& positions, const RotaryTable& table) {
  // position * frequency mod 2^32 in two halves, since the whole product may pass 2^63.
  const Tensor position = positions.unsqueeze(-1);
  const Tensor low = at::bitwise_and(position, 0xffff) * table.frequency;
  const Tensor high = at::bitwise_and(shift_right(position, 16) * table.frequency, 0xffff);
  const Tensor phase = at::bitwise_and(low + shift_left(high, 16), kLow32);
  const Tensor k = shift_right(at::bitwise_and(phase + (1 << 21), kLow32), 22);
  return {at::take(table.sine, at::bitwise_and(k + 256, 1023)), at::take(table.sine, k)};
}

Tensor rotate(const Tensor& y, const Angles& angles) {
  const int64_t half = y.size(-1) / 2;
  const Tensor a = y.narrow(-1, 0, half);
  const Tensor b = y.narrow(-1, half, half);
  const Tensor first = round_shift(a * angles.cosine - b * angles.sine, 20);
  const Tensor second = round_shift(b * angles.cosine + a * angles.sine, 20);
  return limit(at::cat({first, second}, -1), 127);
}

}  // namespace llmz::torch_exact
