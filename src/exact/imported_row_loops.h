// SPDX-License-Identifier: Apache-2.0
// What happens to single vectors between the products. A part of imported_loops.cpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "exact/cpu_kernels.h"
#include "exact/cpu_vector.h"
#include "exact/imported_loops.h"

namespace llmz::exact {
namespace {

constexpr int64_t kWideLimit = (int64_t{1} << 38) - 1;  // LIMIT
constexpr int kActivationShift = 24;

inline int64_t limited_to(int64_t v, int64_t m) { return std::clamp(v, -m, m); }
inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int bits_of(uint64_t v) { return v == 0 ? 0 : 64 - __builtin_clzll(v); }

inline uint64_t largest_magnitude(const int64_t* c, size_t n) {
  int64_t most = 0;
  for (size_t i = 0; i < n; ++i) most = std::max(most, c[i] < 0 ? -c[i] : c[i]);
  return static_cast<uint64_t>(most);
}

int32_t fit(const int64_t* c, size_t n, int16_t* a) {
  const int p = std::max(bits_of(largest_magnitude(c, n)) - 15, 0);
  const int64_t half = half_of(p);
  for (size_t i = 0; i < n; ++i) a[i] = static_cast<int16_t>(limited_to((c[i] + half) >> p, 32767));
  for (size_t i = n; i % kWideRun != 0; ++i) a[i] = 0;
  return p;
}

// unit(x) into `out`.
void unit(const WideNorm& norm, const int64_t* x, int64_t* out) {
  const auto n = static_cast<int64_t>(norm.n);
  int64_t mean = 0;
  if (norm.layer_norm) {
    for (size_t i = 0; i < norm.n; ++i) mean += x[i];
    const int64_t above = 2 * mean + n;
    mean = above / (2 * n) - (above % (2 * n) < 0);
  }
  for (size_t i = 0; i < norm.n; ++i) out[i] = x[i] - mean;
  const int p = std::max(bits_of(largest_magnitude(out, norm.n)) - 24, 0);
  const int64_t half = half_of(p);
  uint64_t squares = static_cast<uint64_t>(norm.epsilon) >> (2 * p);
  for (size_t i = 0; i < norm.n; ++i) {
    out[i] = (out[i] + half) >> p;
    squares += static_cast<uint64_t>(out[i] * out[i]);
  }
  const uint64_t root = std::max<uint64_t>(isqrt(squares), 1);
  const int e = bits_of(root);
  const auto inverse = static_cast<int64_t>((isqrt(static_cast<uint64_t>(n) << 40) << e) / root);
  for (size_t i = 0; i < norm.n; ++i) out[i] = (out[i] * inverse + half_of(e + 4)) >> (e + 4);
}

int32_t norm(const WideNorm& norm, const int64_t* x, int64_t* work, int16_t* a) {
  unit(norm, x, work);
  for (size_t i = 0; i < norm.n; ++i)
    work[i] = limited_to((work[i] * norm.gain[i] + (1 << 19)) >> 20, kWideLimit);
  return fit(work, norm.n, a);
}

void hidden(const WideNorm& norm, const int64_t* bias, const int64_t* x, int64_t* work, int8_t* h) {
  unit(norm, x, work);
  for (size_t i = 0; i < norm.n; ++i) {
    const int64_t sum = work[i] * norm.gain[i] + bias[i] + (int64_t{1} << 31);
    h[i] = static_cast<int8_t>(limited_to(sum >> 32, 127));
  }
}

// Floor of the quotient, 0 <= a < 2^55 and 0 < b < 2^32: the guess is off by one at most.
inline int64_t small_quotient(int64_t a, int64_t b) {
  const auto guess = static_cast<int64_t>(static_cast<double>(a) / static_cast<double>(b));
  const int64_t left = a - guess * b;
  return guess + (left >= b) - (left < 0);
}

// exp2_neg, t >= 0: g with 15 fraction bits; whole = min(t >> 15, 31).
inline int64_t power_of(int64_t t) {
  const int64_t f = t & 32767;
  int64_t g = 224;
  g = ((g * f + (1 << 14)) >> 15) - 1745;
  g = ((g * f + (1 << 14)) >> 15) + 7848;
  g = ((g * f + (1 << 14)) >> 15) - 22711;
  return ((g * f + (1 << 14)) >> 15) + 32768;
}

// round_shift(z * logistic(v), 24) for v >= 0, which stands for -v where z is negative.
inline int64_t times_logistic(int64_t z, int64_t v) {
  const int64_t e = (power_of(v) << 15) >> least(v >> 15, 31);
  const int64_t negative = z >> 63;  // all bits, or none: what follows has no branches
  const int64_t above = (e << kActivationShift & negative) | (int64_t{1} << 54 & ~negative);
  const int64_t l = small_quotient(above, (int64_t{1} << 30) + e);
  return (z * l + (1 << (kActivationShift - 1))) >> kActivationShift;
}

inline int64_t silu(int64_t z) {
  const int64_t size = least(z < 0 ? -z : z, 1 << 25);
  return times_logistic(z, (size * 47274) >> 20);
}

inline int64_t gelu(int64_t z) {
  const int64_t size = least(z < 0 ? -z : z, 1 << 23);
  const int64_t w = (1 << 20) + ((((size * size) >> 20) * 46887) >> 20);
  return times_logistic(z, (((size * w) >> 20) * 75439) >> 20);
}

void activate(Activation activation, int64_t* z, size_t n) {
  switch (activation) {
    case Activation::kRelu:
      for (size_t i = 0; i < n; ++i) z[i] = std::max<int64_t>(z[i], 0);
      return;
    case Activation::kSilu:
      for (size_t i = 0; i < n; ++i) z[i] = silu(z[i]);
      return;
    default:
      for (size_t i = 0; i < n; ++i) z[i] = gelu(z[i]);
  }
}

void gate(Activation activation, int64_t* c, const int64_t* z, size_t n) {
  activate(activation, c, n);
  for (size_t i = 0; i < n; ++i) c[i] = limited_to((c[i] * z[i] + (1 << 19)) >> 20, kWideLimit);
}

void add(int64_t* x, const int64_t* more, size_t n) {
  for (size_t i = 0; i < n; ++i) x[i] = limited_to(x[i] + more[i], kWideLimit);
}

}  // namespace
}  // namespace llmz::exact
