// SPDX-License-Identifier: Apache-2.0
// Real matrices and vectors to integers, with the checks that they fit.
#pragma once

#include <string>
#include <vector>

#include "exact/imported_model.h"

namespace llmz::importer {

// Row-major [rows][columns].
struct RealMatrix {
  uint32_t rows = 0, columns = 0;
  std::vector<float> weight;
  std::vector<double> bias;  // [rows] or empty
  const float* row(uint32_t r) const { return weight.data() + size_t{r} * columns; }
};

// value * scale, rounded, within +-limit. Throws Error{kModelBad} that names `what` otherwise, also
// for NaN.
int64_t fixed(double value, double scale, int64_t limit, const std::string& what);

// Rows rounded to int8 with one scale each; the multipliers are not set. Returns the scales.
std::vector<double> round_rows(const RealMatrix& real, IntegerMatrix& out);

// linear() of docs/exact-imported.md: its output is the real one times out_levels when its input
// is the real one times in_levels.
ImportedMatrix linear(const RealMatrix& real, double in_levels, double out_levels,
                      const std::string& what);

// A table whose rows, times multiplier, shifted, are the real ones with 20 fraction bits.
IntegerMatrix table(const RealMatrix& real, const std::string& what);

}  // namespace llmz::importer
