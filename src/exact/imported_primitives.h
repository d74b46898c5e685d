// SPDX-License-Identifier: Apache-2.0
// The primitives of docs/exact-imported.md as tensor operations. In and out: int64 tensors whose
// last dimension is the vector that the document speaks of, for any number of rows.
#pragma once

#include <vector>

#include "exact/imported_model.h"
#include "exact/torch_engine_primitives.h"
#include "exact/workers.h"

namespace llmz::torch_exact {

constexpr int64_t kWideLimit = (int64_t{1} << 38) - 1;  // LIMIT

// A matrix on the device.
struct WideMatrix {
  Tensor weight;      // int8 [rows][columns]; on a GPU float64, which carries the products
  Tensor multiplier;  // int64 [rows]
  Tensor bias;        // int64 [rows], or undefined
  int64_t shift = 0;
};

WideMatrix load_wide(const ImportedMatrix& matrix, at::Device device);

// What fit() gives: values of 16 bits, and the exponent of each row.
struct Fitted {
  Tensor a;  // int16 [rows][columns]
  Tensor p;  // int64 [rows][1]
};

// The cosines and sines of one position in each row, 29 fraction bits: int64 [rows][1][head_dim/2].
struct WideAngles {
  Tensor cosine, sine;
};

// a * b^T in int64 for a [m][k] and b [n][k], one of which is within +-127 and the other within
// +-32767. b is int8 or int16 (then a int8 or int16 too), or float64.
Tensor wide_product(const Tensor& a, const Tensor& b, Workers& workers);

Fitted fit(const Tensor& c);
Tensor wide_linear(const Fitted& input, const WideMatrix& matrix, Workers& workers);
Tensor wide_unit(const Tensor& x, int64_t epsilon, bool layer_norm);
Tensor wide_norm(const Tensor& x, const Tensor& gain, int64_t epsilon, bool layer_norm);
Tensor activate(const Tensor& z, Activation activation);
WideAngles wide_angles(const Tensor& positions, const RotaryTable& table);
// y [rows][heads][head_dim].
Tensor wide_rotate(const Tensor& y, const WideAngles& angles);

// The floor of the quotient, b > 0.
Tensor floor_quotient(const Tensor& a, const Tensor& b);

// A copy on the device, int64.
template <typename T>
Tensor as_longs(const std::vector<T>& values, at::Device device) {
  std::vector<int64_t> wide(values.begin(), values.end());
  return at::from_blob(wide.data(), {static_cast<int64_t>(wide.size())}, at::kLong)
      .clone()
      .to(device);
}

}  // namespace llmz::torch_exact
