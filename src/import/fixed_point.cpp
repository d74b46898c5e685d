// SPDX-License-Identifier: Apache-2.0
#include "import/fixed_point.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace llmz::importer {
namespace {

constexpr double kMaxMultiplier = (1 << 24) - 1;

// The largest shift up to `most` at which factor * 2^shift stays within limit.
int largest_shift(double factor, double limit, int most) {
  int shift = most;
  while (shift >= 0 && std::ldexp(factor, shift) > limit) --shift;
  return shift;
}

double largest(const std::vector<double>& values) {
  double top = 0;
  for (double v : values) top = std::max(top, std::fabs(v));
  return top;
}

}  // namespace

int64_t fixed(double value, double scale, int64_t limit, const std::string& what) {
  const double rounded = std::nearbyint(value * scale);
  if (!(std::fabs(rounded) <= static_cast<double>(limit))) {
    throw Error(ErrorKind::kModelBad,
                what + ": the value " + std::to_string(value) +
                    " does not fit its fixed point; is the checkpoint damaged?");
  }
  return static_cast<int64_t>(rounded);
}

std::vector<double> round_rows(const RealMatrix& real, IntegerMatrix& out) {
  out.rows = real.rows;
  out.columns = real.columns;
  out.weight.reserve(real.weight.size());
  std::vector<double> scales;
  for (uint32_t r = 0; r < real.rows; ++r) {
    const float* row = real.row(r);
    float top = 0;
    for (uint32_t c = 0; c < real.columns; ++c) top = std::max(top, std::fabs(row[c]));
    const float up = top > 0 ? 127 / top : 0;
    for (uint32_t c = 0; c < real.columns; ++c)
      out.weight.push_back(static_cast<int8_t>(std::nearbyint(row[c] * up)));
    scales.push_back(static_cast<double>(top) / 127);
  }
  return scales;
}

ImportedMatrix linear(const RealMatrix& real, double in_levels, double out_levels,
                      const std::string& what) {
  constexpr double kMaxBias = 0x1p61;
  ImportedMatrix out;
  const std::vector<double> scales = round_rows(real, out.matrix);
  const double unit = out_levels / in_levels;
  const int shift = std::min(largest_shift(largest(scales) * unit, kMaxMultiplier, 61),
                             largest_shift(largest(real.bias) * out_levels, kMaxBias, 61));
  if (shift < 23) {
    throw Error(ErrorKind::kModelBad, what + ": weights up to " +
                                          std::to_string(127 * largest(scales)) +
                                          " do not fit their fixed point; is the checkpoint "
                                          "damaged?");
  }
  out.matrix.shift = static_cast<uint32_t>(shift);
  for (double s : scales)
    out.matrix.multiplier.push_back(static_cast<int32_t>(
        std::min(std::nearbyint(std::ldexp(s * unit, shift)), kMaxMultiplier)));
  for (double b : real.bias)
    out.bias.push_back(fixed(b, std::ldexp(out_levels, shift), int64_t{1} << 61, what));
  return out;
}

IntegerMatrix table(const RealMatrix& real, const std::string& what) {
  IntegerMatrix out;
  const std::vector<double> scales = round_rows(real, out);
  const int shift = largest_shift(std::ldexp(largest(scales), 20), 0x1p30, 40);
  if (shift < 0) throw Error(ErrorKind::kModelBad, what + ": values beyond 2^17");
  out.shift = static_cast<uint32_t>(shift);
  for (double s : scales)
    out.multiplier.push_back(
        static_cast<int32_t>(fixed(s, std::ldexp(1, shift + 20), INT32_MAX, what)));
  return out;
}

}  // namespace llmz::importer
