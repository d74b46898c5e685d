// SPDX-License-Identifier: Apache-2.0
// What stands between the products: embedding, linear(), norm(), rotate(). A part of
// cpu_kernels.cpp.
#pragma once

#include <algorithm>

#include "exact/cpu_kernels.h"
#include "exact/cpu_vector.h"

namespace llmz::exact {
namespace {

constexpr int32_t kResidualLimit = (1 << 27) - 1;

inline int32_t clamp(int64_t v, int32_t limit) {
  return static_cast<int32_t>(std::min<int64_t>(std::max<int64_t>(v, -limit), limit));
}

// round_shift of any 64-bit value below 2^62.
inline int64_t round_shift(int64_t value, int shift, int64_t half) {
  constexpr uint64_t kOffset = uint64_t{1} << 62;
  return static_cast<int64_t>((static_cast<uint64_t>(value + half) + kOffset) >> shift) -
         static_cast<int64_t>(kOffset >> shift);
}

// linear() of a vector of sums.
template <bool kFits>
inline Dword rescaled(const Rescale& r, Dword sum, size_t j, int64_t half, int32_t limit) {
  const Dword exact = sum - load<Dword>(r.correction + j), m = load<Dword>(r.multiplier + j);
  if (kFits) return limited(multiply_shift(exact, m, r.shift, half), -limit, limit);
  Dword out;
  for (size_t i = 0; i < kDwords; ++i)
    out[i] = clamp(round_shift(int64_t{exact[i]} * m[i], r.shift, half), limit);
  return out;
}

template <bool kFits>
void requantize_of(const Rescale& r, const int32_t* sum, int32_t limit, size_t n, int32_t* out) {
  const int64_t half = half_of(r.shift);
  for (size_t j = 0; j < n; j += kDwords)
    store(out + j, rescaled<kFits>(r, load<Dword>(sum + j), j, half, limit));
}

void requantize(const Rescale& r, const int32_t* sum, int32_t limit, size_t n, int32_t* out) {
  r.fits ? requantize_of<true>(r, sum, limit, n, out) : requantize_of<false>(r, sum, limit, n, out);
}

template <bool kFits>
void requantize_add_of(const Rescale& r, const int32_t* sum, size_t n, int32_t* x) {
  const int64_t half = half_of(r.shift);
  for (size_t j = 0; j < n; j += kDwords) {
    const Dword y = rescaled<kFits>(r, load<Dword>(sum + j), j, half, kResidualLimit);
    store(x + j, limited(load<Dword>(x + j) + y, -kResidualLimit, kResidualLimit));
  }
}

void requantize_add(const Rescale& r, const int32_t* sum, size_t n, int32_t* x) {
  r.fits ? requantize_add_of<true>(r, sum, n, x) : requantize_add_of<false>(r, sum, n, x);
}

void embed(const int8_t* a, int32_t a_multiplier, const int8_t* b, int32_t b_multiplier, size_t n,
           int32_t* x) {
  for (size_t i = 0; i < n; ++i) {
    x[i] =
        clamp(static_cast<int64_t>(a[i]) * a_multiplier + static_cast<int64_t>(b[i]) * b_multiplier,
              kResidualLimit);
  }
}

// 64-bit products of 32-bit factors, which every instruction set has.
template <bool kPairs>
void mix_stream_of(const StreamMix& m, size_t n, int32_t* x) {
  constexpr int kBits = 14;
  const int32_t a = m.stream_scalar, b = m.embedding_scalar, c = m.pair_scalar;
  for (size_t i = 0; i < n; ++i) {
    int64_t sum = static_cast<int64_t>(x[i]) * a + static_cast<int64_t>(m.embedding[i]) * b;
    if (kPairs) sum += static_cast<int64_t>(m.pair[i] * m.pair_multiplier) * c;
    x[i] = clamp(round_shift(sum, kBits, half_of(kBits)), kResidualLimit);
  }
}

void mix_stream(const StreamMix& m, size_t n, int32_t* x) {
  m.pair != nullptr ? mix_stream_of<true>(m, n, x) : mix_stream_of<false>(m, n, x);
}

// Both parts are below 2^27.
void add_row(const int8_t* weight, int32_t multiplier, size_t n, int32_t* v) {
  for (size_t i = 0; i < n; ++i)
    v[i] = std::min(std::max(v[i] + weight[i] * multiplier, -kResidualLimit), kResidualLimit);
}

uint64_t sum_of_squares(const int32_t* x, size_t n) {
  Qword even{}, odd{};
  for (size_t i = 0; i < n; i += kDwords) {
    const Dword v = load<Dword>(x + i), w = odd_dwords(v);
    even += multiply_even(v, v);
    odd += multiply_even(w, w);
  }
  even += odd;
  uint64_t sum = 0;
  for (size_t i = 0; i < kDwords / 2; ++i) sum += static_cast<uint64_t>(even[i]);
  return sum;
}

struct Inverse {
  int32_t factor;
  int shift;
};

inline Inverse inverse_of(uint64_t squares, NormSettings settings) {
  const uint64_t root = std::max<uint64_t>(isqrt(squares), 1);
  const int bits = 64 - __builtin_clzll(root);
  return {static_cast<int32_t>((settings.constant << bits) / root), settings.shift + bits};
}

// norm() of rows that stand one behind the other; write(i, y) gets y[i] .. of all of them. Roots
// and quotients take long, but those of several rows run side by side.
template <class Write>
void norm_rows(const int32_t* x, size_t rows, size_t n, NormSettings settings, Write&& write) {
  constexpr size_t kRows = 8;
  for (size_t first = 0; first < rows; first += kRows) {
    const size_t count = std::min(kRows, rows - first);
    Inverse inverse[kRows];
    for (size_t r = 0; r < count; ++r)
      inverse[r] = inverse_of(sum_of_squares(x + (first + r) * n, n), settings);
    for (size_t r = 0; r < count; ++r) {
      const size_t begin = (first + r) * n;
      const Dword factor = Dword{} + inverse[r].factor;
      const int64_t half = half_of(inverse[r].shift);
      for (size_t i = begin; i < begin + n; i += kDwords)
        write(i, multiply_shift(load<Dword>(x + i), factor, inverse[r].shift, half));
    }
  }
}

inline void store_bytes(void* to, Dword v) {
  const Bytes4 bytes = __builtin_convertvector(v, Bytes4);
  std::memcpy(to, &bytes, sizeof bytes);
}

void norm(const int32_t* x, size_t rows, size_t n, NormSettings settings, int32_t* y) {
  norm_rows(x, rows, n, settings, [y](size_t i, Dword v) { store(y + i, v); });
}

void norm_signed(const int32_t* x, size_t rows, size_t n, NormSettings settings, int8_t* y) {
  norm_rows(x, rows, n, settings,
            [y](size_t i, Dword v) { store_bytes(y + i, limited(v, -127, 127)); });
}

void norm_biased(const int32_t* x, size_t rows, size_t n, NormSettings settings, uint8_t* y) {
  norm_rows(x, rows, n, settings,
            [y](size_t i, Dword v) { store_bytes(y + i, limited(v, -127, 127) + 128); });
}

void norm_unsigned(const int32_t* x, size_t rows, size_t n, NormSettings settings, uint8_t* y) {
  norm_rows(x, rows, n, settings,
            [y](size_t i, Dword v) { store_bytes(y + i, limited(v, 0, 255)); });
}

// z is within 16 bits.
void relu2(const int32_t* z, size_t n, int32_t* r) {
  for (size_t i = 0; i < n; i += kDwords) {
    const Dword v = load<Dword>(z + i);
    const Word positive = (Word)(v > 0 ? v : Dword{});
    store(r + i, (Dword)((UnsignedDword)multiply_pairs(positive, positive) >> 6));
  }
}

// y is within 16 bits: pairs of words are turned at once. half: a multiple of 8.
void rotate(const int32_t* y, const int32_t* turn, size_t n, int8_t* out) {
  const size_t half = n / 2;
  size_t i = 0;
  for (; i + kDwords <= half; i += kDwords) {
    const Word pair = (Word)((load<Dword>(y + i) & 0xffff) | load<Dword>(y + half + i) << 16);
    const Dword a = multiply_pairs(pair, load<Word>(turn + i)),
                b = multiply_pairs(pair, load<Word>(turn + half + i));
    store_bytes(out + i, limited((a + (1 << 19)) >> 20, -127, 127));
    store_bytes(out + half + i, limited((b + (1 << 19)) >> 20, -127, 127));
  }
  for (; i < half; ++i) {
    const int32_t a = y[i], b = y[half + i];
    for (size_t part = i; part < n; part += half) {
      const int32_t turned = a * static_cast<int16_t>(turn[part]) + b * (turn[part] >> 16);
      out[part] = static_cast<int8_t>(clamp((turned + (1 << 19)) >> 20, 127));
    }
  }
}

}  // namespace
}  // namespace llmz::exact
