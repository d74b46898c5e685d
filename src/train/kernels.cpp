// SPDX-License-Identifier: Apache-2.0
#include "train/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

// One source, several instruction sets, chosen by the dynamic linker: results differ in the last
// bit between them, which training may (inference never does arithmetic in floating point).
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MULTI __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MULTI
#endif

namespace llmz::train {
namespace {

__attribute__((always_inline)) inline float widen(Bf16 v) {
  uint32_t bits = static_cast<uint32_t>(v) << 16;
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

__attribute__((always_inline)) inline float widen(float v) { return v; }

__attribute__((always_inline)) inline Bf16 narrow(float f) {
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  return static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

__attribute__((always_inline)) inline void store(Bf16* p, float v) { *p = narrow(v); }
__attribute__((always_inline)) inline void store(float* p, float v) { *p = v; }

// 2^x for x <= 0, relative error under 2e-5: cubic on the fraction, the integer part into the
// exponent.
__attribute__((always_inline)) inline float exp2_fast(float x) {
  x = std::max(x, -120.0f);
  int32_t whole = static_cast<int32_t>(x);  // toward zero: fraction in (-1, 0]
  float f = x - static_cast<float>(whole);
  float p =
      1.0f + f * (0.69314718f +
                  f * (0.24022651f + f * (0.05550411f + f * (0.00961813f + f * 0.00133336f))));
  int32_t bits = (whole + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, 4);
  return p * scale;
}

constexpr float kEpsilon = 1e-6f;

template <class In>
__attribute__((always_inline)) inline void norm_forward_rows(const In* x, Bf16* y,
                                                             float* inverse_rms, size_t rows,
                                                             size_t dim, ActivationGrid grid) {
  const float up = grid.levels_per_unit, down = 1.0f / grid.levels_per_unit;
  for (size_t r = 0; r < rows; ++r, x += dim, y += dim) {
    float sum = 0;
    for (size_t i = 0; i < dim; ++i) sum += widen(x[i]) * widen(x[i]);
    float inv = 1.0f / std::sqrt(sum / static_cast<float>(dim) + kEpsilon);
    inverse_rms[r] = inv;
    if (grid.rounding) {
      for (size_t i = 0; i < dim; ++i) {
        float q = std::min(std::max(std::nearbyint(widen(x[i]) * inv * up), grid.low), grid.high);
        y[i] = narrow(q * down);
      }
    } else {
      for (size_t i = 0; i < dim; ++i) y[i] = narrow(widen(x[i]) * inv);
    }
  }
}

template <class In>
__attribute__((always_inline)) inline void norm_backward_rows(const In* x, const float* inverse_rms,
                                                              const Bf16* dy, In* dx, size_t rows,
                                                              size_t dim, ActivationGrid grid) {
  const float low = grid.rounding ? grid.low / grid.levels_per_unit : -1e30f;
  const float high = grid.rounding ? grid.high / grid.levels_per_unit : 1e30f;
  for (size_t r = 0; r < rows; ++r, x += dim, dy += dim, dx += dim) {
    const float inv = inverse_rms[r];
    float dot = 0;
    for (size_t i = 0; i < dim; ++i) {
      float n = widen(x[i]) * inv;
      float g = n < low || n > high ? 0.0f : widen(dy[i]);
      dot += g * n;
    }
    const float mean = dot / static_cast<float>(dim);
    for (size_t i = 0; i < dim; ++i) {
      float n = widen(x[i]) * inv;
      float g = n < low || n > high ? 0.0f : widen(dy[i]);
      store(dx + i, inv * (g - n * mean));
    }
  }
}

}  // namespace

MULTI void norm_forward(const float* x, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                        ActivationGrid grid) {
  norm_forward_rows(x, y, inverse_rms, rows, dim, grid);
}
MULTI void norm_forward(const Bf16* x, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                        ActivationGrid grid) {
  norm_forward_rows(x, y, inverse_rms, rows, dim, grid);
}
MULTI void norm_backward(const float* x, const float* inverse_rms, const Bf16* dy, float* dx,
                         size_t rows, size_t dim, ActivationGrid grid) {
  norm_backward_rows(x, inverse_rms, dy, dx, rows, dim, grid);
}
MULTI void norm_backward(const Bf16* x, const float* inverse_rms, const Bf16* dy, Bf16* dx,
                         size_t rows, size_t dim, ActivationGrid grid) {
  norm_backward_rows(x, inverse_rms, dy, dx, rows, dim, grid);
}

MULTI void relu2_norm_forward(const Bf16* z, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                              ActivationGrid grid) {
  const float up = grid.levels_per_unit, down = 1.0f / grid.levels_per_unit;
  for (size_t r = 0; r < rows; ++r, z += dim, y += dim) {
    float sum = 0;
    for (size_t i = 0; i < dim; ++i) {
      float v = std::max(widen(z[i]), 0.0f);
      sum += v * v * v * v;
    }
    float inv = 1.0f / std::sqrt(sum / static_cast<float>(dim) + kEpsilon);
    inverse_rms[r] = inv;
    if (grid.rounding) {
      for (size_t i = 0; i < dim; ++i) {
        float v = std::max(widen(z[i]), 0.0f);
        y[i] = narrow(std::min(std::nearbyint(v * v * inv * up), grid.high) * down);
      }
    } else {
      for (size_t i = 0; i < dim; ++i) {
        float v = std::max(widen(z[i]), 0.0f);
        y[i] = narrow(v * v * inv);
      }
    }
  }
}

MULTI void relu2_norm_backward(const Bf16* z, const float* inverse_rms, const Bf16* dy, Bf16* dz,
                               size_t rows, size_t dim, ActivationGrid grid) {
  const float high = grid.rounding ? grid.high / grid.levels_per_unit : 1e30f;
  for (size_t r = 0; r < rows; ++r, z += dim, dy += dim, dz += dim) {
    const float inv = inverse_rms[r];
    float dot = 0;
    for (size_t i = 0; i < dim; ++i) {
      float v = std::max(widen(z[i]), 0.0f);
      float n = v * v * inv;
      float g = n > high ? 0.0f : widen(dy[i]);
      dot += g * n;
    }
    const float mean = dot / static_cast<float>(dim);
    for (size_t i = 0; i < dim; ++i) {
      float v = std::max(widen(z[i]), 0.0f);
      float n = v * v * inv;
      float g = n > high ? 0.0f : widen(dy[i]);
      dz[i] = narrow(2.0f * v * inv * (g - n * mean));
    }
  }
}

MULTI void norm_rotary_forward(const Bf16* x, Bf16* y, float* inverse_rms, size_t rows, size_t dim,
                               size_t heads, size_t positions, const float* cosine,
                               const float* sine, ActivationGrid grid) {
  const size_t half = dim / 2;
  const float up = grid.levels_per_unit, down = 1.0f / grid.levels_per_unit;
  for (size_t r = 0; r < rows; ++r, x += dim, y += dim) {
    const float* c = cosine + (r / heads) % positions * half;
    const float* s = sine + (r / heads) % positions * half;
    float sum = 0;
    for (size_t i = 0; i < dim; ++i) sum += widen(x[i]) * widen(x[i]);
    float inv = 1.0f / std::sqrt(sum / static_cast<float>(dim) + kEpsilon);
    inverse_rms[r] = inv;
    for (size_t i = 0; i < half; ++i) {
      float a = widen(x[i]) * inv, b = widen(x[i + half]) * inv;
      float ra = a * c[i] - b * s[i], rb = b * c[i] + a * s[i];
      if (grid.rounding) {
        ra = std::min(std::max(std::nearbyint(ra * up), grid.low), grid.high) * down;
        rb = std::min(std::max(std::nearbyint(rb * up), grid.low), grid.high) * down;
      }
      y[i] = narrow(ra);
      y[i + half] = narrow(rb);
    }
  }
}

MULTI void norm_rotary_backward(const Bf16* x, const float* inverse_rms, const Bf16* dy, Bf16* dx,
                                size_t rows, size_t dim, size_t heads, size_t positions,
                                const float* cosine, const float* sine, float* head_products) {
  // A rotated unit vector of 64 dimensions stays within +-8: the clamp of the grid is never active.
  const size_t half = dim / 2;
  float g[1024];
  for (size_t r = 0; r < rows; ++r, x += dim, dy += dim, dx += dim) {
    const float* c = cosine + (r / heads) % positions * half;
    const float* s = sine + (r / heads) % positions * half;
    const float inv = inverse_rms[r];
    float dot = 0;
    for (size_t i = 0; i < half; ++i) {
      float ga = widen(dy[i]), gb = widen(dy[i + half]);
      g[i] = ga * c[i] + gb * s[i];
      g[i + half] = gb * c[i] - ga * s[i];
    }
    for (size_t i = 0; i < dim; ++i) dot += g[i] * widen(x[i]) * inv;
    if (head_products) head_products[r % heads] += dot;
    const float mean = dot / static_cast<float>(dim);
    for (size_t i = 0; i < dim; ++i) dx[i] = narrow(inv * (g[i] - widen(x[i]) * inv * mean));
  }
}

MULTI void softmax_forward(Bf16* scores, size_t rows, size_t heads, size_t window, size_t keys,
                           size_t blocks_per_sequence, const float* scale) {
  const size_t own = keys - window;  // index of the own block's first key
  std::vector<float> e(keys);
  for (size_t r = 0; r < rows; ++r) {
    Bf16* row = scores + r * keys;
    const float scale2 = scale[r % heads] * 1.44269504f;
    const size_t position = (r / heads) % window;
    const bool first = r / (heads * window) % blocks_per_sequence == 0;
    const size_t begin = first ? own : position + 1, end = own + position + 1;
    float top = -1e30f;
    for (size_t j = begin; j < end; ++j) top = std::max(top, widen(row[j]));
    float sum = 0;
    for (size_t j = begin; j < end; ++j) {
      e[j] = exp2_fast((widen(row[j]) - top) * scale2);
      sum += e[j];
    }
    const float inv = 1.0f / sum;
    for (size_t j = begin; j < end; ++j) row[j] = narrow(e[j] * inv);
    std::memset(row, 0, begin * sizeof(Bf16));
    std::memset(row + end, 0, (keys - end) * sizeof(Bf16));
  }
}

MULTI void softmax_backward(const Bf16* probability, Bf16* d_probability, size_t rows, size_t heads,
                            size_t columns, const float* scale) {
  for (size_t r = 0; r < rows; ++r, probability += columns, d_probability += columns) {
    const float scale_of_head = scale[r % heads];
    float dot = 0;
    for (size_t j = 0; j < columns; ++j) dot += widen(probability[j]) * widen(d_probability[j]);
    for (size_t j = 0; j < columns; ++j) {
      d_probability[j] =
          narrow(widen(probability[j]) * (widen(d_probability[j]) - dot) * scale_of_head);
    }
  }
}

namespace {

template <class In>
__attribute__((always_inline)) inline void add_rows_of(const In* x, const int64_t* id, size_t rows,
                                                       size_t dim, float* sum) {
  for (size_t r = 0; r < rows; ++r, x += dim) {
    float* to = sum + static_cast<size_t>(id[r]) * dim;
    for (size_t i = 0; i < dim; ++i) to[i] += widen(x[i]);
  }
}

}  // namespace

MULTI void add_rows(const float* x, const int64_t* id, size_t rows, size_t dim, float* sum) {
  add_rows_of(x, id, rows, dim, sum);
}
MULTI void add_rows(const Bf16* x, const int64_t* id, size_t rows, size_t dim, float* sum) {
  add_rows_of(x, id, rows, dim, sum);
}

MULTI void mix_residual_forward(const float* x, const float* x0, const float* g,
                                const float* scalars, float* y, size_t values) {
  const float a = scalars[0], b = scalars[1], c = scalars[2];
  if (g) {
    for (size_t i = 0; i < values; ++i) y[i] = a * x[i] + b * x0[i] + c * g[i];
  } else {
    for (size_t i = 0; i < values; ++i) y[i] = a * x[i] + b * x0[i];
  }
}

MULTI void mix_residual_backward(const float* x, const float* x0, const float* g,
                                 const float* scalars, const float* dy, float* dx, float* dx0,
                                 float* dg, float* dscalars, size_t values) {
  const float a = scalars[0], b = scalars[1], c = scalars[2];
  float da = 0, db = 0, dc = 0;
  for (size_t i = 0; i < values; ++i) {
    da += dy[i] * x[i];
    db += dy[i] * x0[i];
    dx0[i] += b * dy[i];
    dx[i] = a * dy[i];
  }
  if (g) {
    for (size_t i = 0; i < values; ++i) {
      dc += dy[i] * g[i];
      dg[i] += c * dy[i];
    }
  }
  dscalars[0] += da;
  dscalars[1] += db;
  dscalars[2] += dc;
}

MULTI double cross_entropy(Bf16* logits, const int64_t* target, size_t rows, size_t vocabulary,
                           float gradient_scale, float* loss_per_row) {
  std::vector<float> e(vocabulary);
  double total = 0;
  for (size_t r = 0; r < rows; ++r, logits += vocabulary) {
    float top = -1e30f;
    for (size_t j = 0; j < vocabulary; ++j) top = std::max(top, widen(logits[j]));
    float sum = 0;
    for (size_t j = 0; j < vocabulary; ++j) {
      e[j] = exp2_fast((widen(logits[j]) - top) * 1.44269504f);
      sum += e[j];
    }
    const float loss = std::log(sum) + top - widen(logits[target[r]]);
    total += loss;
    if (loss_per_row) loss_per_row[r] = loss;
    const float factor = gradient_scale / sum;
    for (size_t j = 0; j < vocabulary; ++j) logits[j] = narrow(e[j] * factor);
    logits[target[r]] = narrow(e[static_cast<size_t>(target[r])] * factor - gradient_scale);
  }
  return total;
}

MULTI void quantize_weight(const float* weight, Bf16* out, size_t rows, size_t columns,
                           bool rounding) {
  for (size_t r = 0; r < rows; ++r, weight += columns, out += columns) {
    float top = 1e-12f;
    for (size_t i = 0; i < columns; ++i) top = std::max(top, std::fabs(weight[i]));
    const float up = 63.0f / top, down = top / 63.0f;
    if (rounding) {
      for (size_t i = 0; i < columns; ++i) out[i] = narrow(std::nearbyint(weight[i] * up) * down);
    } else {
      for (size_t i = 0; i < columns; ++i) out[i] = narrow(weight[i]);
    }
  }
}

}  // namespace llmz::train
