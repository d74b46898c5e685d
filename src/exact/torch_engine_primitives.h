// SPDX-License-Identifier: Apache-2.0
// The primitives of docs/exact-arithmetic.md as tensor operations, for any number of rows at once
// and on any device. In and out: int64 tensors whose last dimension is the vector that the document
// speaks of. The only floating point is float32 and float64 as carriers of integer products (sums
// below 2^24 and 2^53), and float64 as the first guess of the integer square root.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "exact/exact_model.h"
#include "exact/workers.h"

namespace llmz::torch_exact {

using at::Tensor;
using exact::Workers;

// A matrix or a table of the model on the device.
struct Matrix {
  Tensor weight;      // int8 [rows][columns]
  Tensor transposed;  // [columns][rows] in carrier_of() their sums, where linear() reads it
  Tensor multiplier;  // int64 [rows]
  int64_t shift = 0;
};

Matrix load_table(const IntegerMatrix& table, at::Device device);
// For activations within +-most.
Matrix load_matrix(const IntegerMatrix& matrix, int64_t most, at::Device device);

// What the model brings for rotate().
struct RotaryTable {
  Tensor sine;       // int64 [1024]
  Tensor frequency;  // int64 [head_dim / 2], each below 2^32
};

// The cosines and sines of one position in each row: int64 [rows][head_dim / 2].
struct Angles {
  Tensor cosine, sine;
};

// 2^-t = g * 2^-(15 + whole).
struct Power {
  Tensor g, whole;
};

// a >> s, the floor of a / 2^s for signed a too.
Tensor shift_right(const Tensor& a, int64_t s);

// (a + 2^(s-1)) >> s; s = 0 gives a. The tensor form wants s >= 1.
Tensor round_shift(const Tensor& a, int64_t s);
Tensor round_shift(const Tensor& a, const Tensor& s);

// The document's clamp(a, m) to [-m, m]; named apart from at::clamp(a, m), which would limit one
// side only.
Tensor limit(const Tensor& a, int64_t m);

// Floor of the quotient of nonnegative integers.
Tensor quotient(const Tensor& a, const Tensor& b);

// Floor of the square root, 0 <= a < 2^63.
Tensor isqrt(const Tensor& a);
uint64_t isqrt(uint64_t a);

// Number of bits of a, 0 <= a < 2^63.
Tensor bit_length(const Tensor& a);

// The floating-point type that holds all integers up to this one, at most 2^53.
at::ScalarType carrier_of(int64_t most);

// a * b for matrices of integers whose sums stay within what the type of b holds; within 2^53 if
// that is an integer type.
Tensor product(const Tensor& a, const Tensor& b);

Tensor linear(const Tensor& a, const Matrix& matrix);
Tensor norm(const Tensor& x, int64_t scale, int64_t s);
Power exp2_neg(const Tensor& t);

// positions: int64 [rows], each below 2^32.
Angles angles_of(const Tensor& positions, const RotaryTable& table);
// y: int64 [rows][...][head_dim], with angles that broadcast against its halves.
Tensor rotate(const Tensor& y, const Angles& angles);

}  // namespace llmz::torch_exact
