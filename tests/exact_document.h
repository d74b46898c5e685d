// SPDX-License-Identifier: Apache-2.0
// docs/exact-arithmetic.md as plain loops, sentence by sentence, for one lane that takes single
// steps. Written from the document alone; slow, and shares nothing with the engines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "exact/exact_model.h"

namespace llmz::document {

using Wide = __int128;  // so that an overflow elsewhere cannot happen here as well

inline int64_t round_shift(Wide a, int s) {
  if (s == 0) return static_cast<int64_t>(a);
  return static_cast<int64_t>((a + (Wide{1} << (s - 1))) >> s);
}

inline int64_t clamp(Wide a, int64_t m) {
  return static_cast<int64_t>(a < -m ? -m : a > m ? m : a);
}

inline uint64_t isqrt(uint64_t a) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit > 0; bit >>= 1) {
    const uint64_t next = root + bit;
    if (Wide{next} * next <= a) root = next;
  }
  return root;
}

constexpr int64_t kStreamLimit = (int64_t{1} << 27) - 1;

template <class T>
std::vector<int32_t> linear(const std::vector<T>& a, const IntegerMatrix& m) {
  std::vector<int32_t> out;
  for (uint32_t j = 0; j < m.rows; ++j) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < m.columns; ++i)
      sum += int64_t{a[i]} * m.weight[size_t{j} * m.columns + i];
    out.push_back(static_cast<int32_t>(
        clamp(round_shift(Wide{sum} * m.multiplier[j], static_cast<int>(m.shift)), kStreamLimit)));
  }
  return out;
}

// C of norm().
inline uint64_t norm_constant(uint64_t scale, uint64_t n, int s) {
  return isqrt((scale * scale * n) << (2 * s));
}

inline std::vector<int32_t> norm(const std::vector<int32_t>& x, uint64_t scale, int s) {
  uint64_t squares = 0;
  for (int64_t v : x) squares += static_cast<uint64_t>(v * v);
  const uint64_t r = std::max<uint64_t>(isqrt(squares), 1);
  int e = 0;
  while (r >> e != 0) ++e;
  const Wide inverse = (Wide{norm_constant(scale, x.size(), s)} << e) / r;
  std::vector<int32_t> y;
  for (int32_t v : x) y.push_back(static_cast<int32_t>(round_shift(v * inverse, s + e)));
  return y;
}

inline std::vector<int32_t> clamped(std::vector<int32_t> v, int32_t limit) {
  for (int32_t& x : v) x = static_cast<int32_t>(clamp(x, limit));
  return v;
}

// Step 0 of a layer, for one i.
inline int32_t mixed(int64_t x, int64_t x0, int64_t pair, int64_t A, int64_t B, int64_t C) {
  return static_cast<int32_t>(
      clamp(round_shift(Wide{A} * x + Wide{B} * x0 + Wide{C} * pair, 14), kStreamLimit));
}

struct Power {
  int64_t g;
  int whole;
};

inline Power exp2_neg(int64_t t) {
  const int64_t f = t % 32768;
  int64_t g = 224;
  for (int64_t coefficient : {-1745, 7848, -22711, 32768}) g = coefficient + round_shift(g * f, 15);
  return {g, static_cast<int>(std::min<int64_t>(t >> 15, 31))};
}

// cosine, sine: of every i < D/2.
inline std::vector<int32_t> rotate(const std::vector<int32_t>& y,
                                   const std::vector<int16_t>& cosine,
                                   const std::vector<int16_t>& sine) {
  const size_t half = y.size() / 2;
  std::vector<int32_t> out(y.size());
  for (size_t i = 0; i < half; ++i) {
    const Wide a = y[i], b = y[i + half];
    out[i] = static_cast<int32_t>(clamp(round_shift(a * cosine[i] - b * sine[i], 20), 127));
    out[i + half] = static_cast<int32_t>(clamp(round_shift(b * cosine[i] + a * sine[i], 20), 127));
  }
  return out;
}

// Step 4 for one head: keys and values of the visible tokens, one vector for each.
inline std::vector<int32_t> attend(const std::vector<int32_t>& q,
                                   const std::vector<std::vector<int32_t>>& keys,
                                   const std::vector<std::vector<int32_t>>& values,
                                   uint32_t multiplier) {
  std::vector<int64_t> s;
  for (const auto& k : keys) {
    s.push_back(0);
    for (size_t i = 0; i < q.size(); ++i) s.back() += int64_t{q[i]} * k[i];
    s.back() = clamp(s.back(), 32767);
  }
  const int64_t top = *std::max_element(s.begin(), s.end());
  int64_t den = 0;
  std::vector<int64_t> acc(q.size(), 0);
  for (size_t j = 0; j < s.size(); ++j) {
    const Power power = exp2_neg(16 * (((top - s[j]) * multiplier) >> 11));
    const int64_t e = std::min<int64_t>(((power.g >> (power.whole + 1)) + 32) >> 6, 255);
    den += e;
    for (size_t i = 0; i < q.size(); ++i) acc[i] += e * values[j][i];
  }
  const int64_t R = (int64_t{1} << 38) / den;
  std::vector<int32_t> o;
  for (int64_t a : acc) o.push_back(static_cast<int32_t>(round_shift(Wide{a} * R, 28)));
  return o;
}

inline std::vector<uint32_t> frequencies(const std::vector<int32_t>& l) {
  constexpr int64_t T = 1 << 24;
  const int64_t V = static_cast<int64_t>(l.size());
  const auto best = std::max_element(l.begin(), l.end());  // the first of equals
  std::vector<int64_t> e;
  Wide S = 0;
  for (int32_t v : l) {
    const int64_t u = std::min<int64_t>(int64_t{*best} - v, (1 << 22) - 1);
    const Power power = exp2_neg(((u >> 4) * 5909) >> 10);
    e.push_back((power.g << 11) >> power.whole);
    S += e.back();
  }
  const Wide R = (Wide{T - V} << 32) / S;
  std::vector<uint32_t> f;
  int64_t rest = T;
  for (int64_t v : e) {
    f.push_back(static_cast<uint32_t>(1 + ((v * R) >> 32)));
    rest -= f.back();
  }
  f[static_cast<size_t>(best - l.begin())] += static_cast<uint32_t>(rest);
  return f;
}

class Head {
 public:
  explicit Head(const ExactModel& model) : model_(model), dim_(model.config.dim) {
    for (uint64_t j = 0; j < model.config.vocabulary; ++j) {
      for (uint64_t i = 0; i < dim_; ++i) {
        const uint64_t place = (j * 2654435761 + i * 2246822519) % (uint64_t{1} << 32);
        master_.push_back(256 * int64_t{model.head.weight[j * dim_ + i]} +
                          static_cast<int64_t>(place / (1 << 24)) - 128);
      }
    }
  }

  std::vector<int32_t> logits(const int8_t* h) const {
    std::vector<int32_t> l;
    for (size_t j = 0; j < model_.config.vocabulary; ++j) {
      int64_t sum = 0;
      for (size_t i = 0; i < dim_; ++i) sum += view(j, i) * h[i];
      l.push_back(static_cast<int32_t>(round_shift(Wide{sum} * unit(j), 15)));
    }
    return l;
  }

  // f: [rows][vocabulary].
  void learn(const int8_t* h, const uint32_t* f, const uint32_t* tokens, size_t rows,
             uint32_t rate) {
    const size_t vocabulary = model_.config.vocabulary;
    for (size_t begin = 0; begin < rows; begin += 16) {
      const size_t end = std::min(rows, begin + 16);
      for (size_t j = 0; j < vocabulary; ++j) {
        std::vector<Wide> sum(dim_, 0);
        for (size_t row = begin; row < end; ++row) {
          const int64_t g = (j == tokens[row] ? 1 << 24 : 0) - int64_t{f[row * vocabulary + j]};
          if ((g < 0 ? -g : g) < int64_t{model_.learning.threshold}) continue;
          const int64_t inverse =
              std::min((int64_t{1} << 33) / std::max<int64_t>(unit(j), 1), (int64_t{1} << 31) - 1);
          const int64_t c =
              clamp(round_shift(Wide{round_shift(Wide{g} * rate, 24)} * inverse, 16), 32767);
          for (size_t i = 0; i < dim_; ++i) sum[i] += c * h[row * dim_ + i];
        }
        for (size_t i = 0; i < dim_; ++i) {
          int64_t& m = master_[j * dim_ + i];
          m = word(m + word(round_shift(sum[i], 9)));
        }
      }
    }
  }

  int64_t master(size_t j, size_t i) const { return master_[j * dim_ + i]; }
  int64_t view(size_t j, size_t i) const {
    return std::min<int64_t>((master(j, i) + 128) >> 8, 127);
  }
  int64_t unit(size_t j) const { return std::min(model_.head.multiplier[j], 8454400); }

 private:
  static int64_t word(int64_t v) { return std::min<int64_t>(std::max<int64_t>(v, -32768), 32767); }

  const ExactModel& model_;
  size_t dim_;
  std::vector<int64_t> master_;
};

class Body {
 public:
  explicit Body(const ExactModel& model)
      : model_(model), keys_(model.config.layers), values_(model.config.layers) {}

  std::vector<int32_t> step(uint32_t t) {
    const ModelConfig& c = model_.config;
    std::vector<int32_t> x;
    for (uint32_t i = 0; i < c.dim; ++i) {
      x.push_back(static_cast<int32_t>(clamp(
          Wide{model_.embedding.weight[size_t{t} * c.dim + i]} * model_.embedding.multiplier[t] +
              Wide{model_.previous.weight[size_t{before_} * c.dim + i]} *
                  model_.previous.multiplier[before_],
          kStreamLimit)));
    }
    std::vector<int16_t> cosine, sine;
    for (uint64_t frequency : model_.rotary_frequency) {
      const uint64_t phase = position_ * frequency % (uint64_t{1} << 32);
      const uint64_t k = ((phase + (1 << 21)) % (uint64_t{1} << 32)) >> 22;
      sine.push_back(model_.sine[k]);
      cosine.push_back(model_.sine[(k + 256) % 1024]);
    }
    const std::vector<int32_t> x0 = x;
    const std::vector<int64_t> pair = pair_of(before_, t);
    for (uint32_t l = 0; l < c.layers; ++l) {
      const LayerScalars& s = model_.layers[l].scalars;
      for (uint32_t i = 0; i < c.dim; ++i) {
        x[i] = mixed(x[i], x0[i], pair[i], s.stream, s.embedding, s.pair);
      }
      layer(l, t, cosine, sine, x);
    }
    before_ = t;
    ++position_;
    return clamped(norm(x, 16, 20), 127);
  }

 private:
  std::vector<int64_t> pair_of(uint64_t p, uint64_t t) const {
    const ModelConfig& c = model_.config;
    std::vector<int64_t> pair(c.dim, 0);
    if (c.pair_rows == 0) return pair;
    int bits = 0;
    while ((uint64_t{1} << bits) < c.pair_rows) ++bits;
    const uint64_t row =
        (p * 2654435761 + t * 2246822519) % (uint64_t{1} << 32) / (uint64_t{1} << (32 - bits));
    for (uint32_t i = 0; i < c.dim; ++i)
      pair[i] = int64_t{model_.pairs.weight[row * c.dim + i]} * model_.pairs.multiplier[row];
    return pair;
  }

  static void add(std::vector<int32_t>& x, const std::vector<int32_t>& y) {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<int32_t>(clamp(Wide{x[i]} + y[i], kStreamLimit));
  }

  void layer(uint32_t l, uint32_t t, const std::vector<int16_t>& cosine,
             const std::vector<int16_t>& sine, std::vector<int32_t>& x) {
    const ModelConfig& c = model_.config;
    const ExactLayer& w = model_.layers[l];
    std::vector<int32_t> a = clamped(norm(x, 16, 20), 127);
    const std::vector<int32_t> q = linear(a, w.query), k = linear(a, w.key);
    std::vector<int32_t> v = linear(a, w.value);
    if (c.value_every > 0 && l % c.value_every == c.value_every - 1) {
      for (uint32_t i = 0; i < c.head_dim; ++i) {
        v[i] =
            static_cast<int32_t>(clamp(Wide{w.value_embedding.weight[size_t{t} * c.head_dim + i]} *
                                               w.value_embedding.multiplier[t] +
                                           v[i],
                                       kStreamLimit));
      }
    }
    keys_[l].push_back(rotate(norm(k, 1024, 16), cosine, sine));
    values_[l].push_back(clamped(norm(v, 16, 20), 127));
    if (keys_[l].size() > c.window) {
      keys_[l].erase(keys_[l].begin());
      values_[l].erase(values_[l].begin());
    }
    std::vector<int32_t> o;
    for (uint32_t h = 0; h < c.heads; ++h) {
      const std::vector<int32_t> one(q.begin() + h * c.head_dim, q.begin() + (h + 1) * c.head_dim);
      const std::vector<int32_t> of_head = attend(rotate(norm(one, 1024, 16), cosine, sine),
                                                  keys_[l], values_[l], w.attention_multiplier[h]);
      o.insert(o.end(), of_head.begin(), of_head.end());
    }
    add(x, linear(clamped(norm(o, 16, 20), 127), w.output));
    std::vector<int32_t> r = clamped(linear(clamped(norm(x, 16, 20), 127), w.up), 32767);
    for (int32_t& z : r) z = static_cast<int32_t>((int64_t{std::max(z, 0)} * std::max(z, 0)) >> 6);
    std::vector<int32_t> narrow = norm(r, 12, 20);
    for (int32_t& n : narrow) n = std::min(n, 255);
    add(x, linear(narrow, w.down));
  }

  const ExactModel& model_;
  uint64_t position_ = 0;
  uint32_t before_ = 0;
  std::vector<std::vector<std::vector<int32_t>>> keys_, values_;  // [layer][token]
};

}  // namespace llmz::document
