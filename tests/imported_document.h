// SPDX-License-Identifier: Apache-2.0
// docs/exact-imported.md as plain loops, sentence by sentence, for one lane that takes single
// steps. Written from the document alone; slow, and shares nothing with the engine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "exact_document.h"

namespace llmz::document {

using Row = std::vector<int64_t>;

constexpr int64_t kWideLimit = (int64_t{1} << 38) - 1;

inline int bit_length(uint64_t a) {
  int bits = 0;
  while (bits < 64 && a >> bits != 0) ++bits;
  return bits;
}

inline int64_t floor_div(Wide a, Wide b) {  // b > 0
  Wide q = a / b;
  if (q * b > a) --q;
  return static_cast<int64_t>(q);
}

inline int excess(const Row& c, int bits) {
  uint64_t m = 0;
  for (int64_t v : c) m = std::max(m, static_cast<uint64_t>(v < 0 ? -v : v));
  return std::max(bit_length(m) - bits, 0);
}

inline Row wide_linear(const Row& c, const ImportedMatrix& m) {
  const int p = excess(c, 15);
  Row out;
  for (uint32_t j = 0; j < m.matrix.rows; ++j) {
    Wide sum = 0;
    for (uint32_t i = 0; i < m.matrix.columns; ++i)
      sum += Wide{clamp(round_shift(c[i], p), 32767)} *
             m.matrix.weight[size_t{j} * m.matrix.columns + i];
    sum *= m.matrix.multiplier[j];
    if (!m.bias.empty()) sum += m.bias[j] >> p;
    if (sum >= Wide{1} << 63 || sum < -(Wide{1} << 63)) throw "overflow";
    out.push_back(clamp(round_shift(sum, static_cast<int>(m.matrix.shift) - p), kWideLimit));
  }
  return out;
}

inline Row unit(const Row& x, int64_t epsilon, bool layer_norm) {
  const Wide n = static_cast<int64_t>(x.size());
  Row c = x;
  if (layer_norm) {
    Wide sum = 0;
    for (int64_t v : x) sum += v;
    for (int64_t& v : c) v -= floor_div(2 * sum + n, 2 * n);
  }
  const int p = excess(c, 24);
  uint64_t ss = static_cast<uint64_t>(epsilon) >> (2 * p);
  for (int64_t v : c) {
    const int64_t z = round_shift(v, p);
    ss += static_cast<uint64_t>(z * z);
  }
  const uint64_t r = std::max<uint64_t>(isqrt(ss), 1);
  const int e = bit_length(r);
  const Wide inverse = (Wide{isqrt(static_cast<uint64_t>(n) << 40)} << e) / r;
  Row out;
  for (int64_t v : c) out.push_back(round_shift(round_shift(v, p) * inverse, e + 4));
  return out;
}

inline int64_t logistic(int64_t v) {
  const Power power = exp2_neg(v < 0 ? -v : v);
  const int64_t e = (power.g << 15) >> power.whole;
  return v >= 0 ? (int64_t{1} << 54) / ((1 << 30) + e) : (e << 24) / ((1 << 30) + e);
}

inline int64_t activation(int64_t z, Activation which) {
  const int64_t magnitude = z < 0 ? -z : z;
  if (which == Activation::kRelu) return std::max<int64_t>(z, 0);
  int64_t v;
  if (which == Activation::kSilu) {
    v = (std::min<int64_t>(magnitude, 1 << 25) * 47274) >> 20;
  } else {
    const int64_t y = std::min<int64_t>(magnitude, 1 << 23);
    const int64_t w = (1 << 20) + ((((y * y) >> 20) * 46887) >> 20);
    v = (((y * w) >> 20) * 75439) >> 20;
  }
  return round_shift(Wide{z} * logistic(z < 0 ? -v : v), 24);
}

class ImportedDocumentBody {
 public:
  explicit ImportedDocumentBody(const ExactModel& model)
      : model_(model), body_(*model.imported), s_(body_.shape) {}

  // The hidden vector after one more token.
  std::vector<int32_t> step(uint32_t token) {
    if (held_.size() == s_.positions) start_again();
    return hold(held_.empty() ? model_.config.vocabulary : token);
  }

 private:
  void start_again() {
    const uint32_t kept = s_.positions / (s_.keeps_quarter ? 4 : 2);
    const std::vector<uint32_t> newest(held_.end() - kept, held_.end());
    held_.clear();
    keys_.clear();
    values_.clear();
    hold(model_.config.vocabulary);
    for (uint32_t t : newest) hold(t);
  }

  std::vector<int32_t> hold(uint32_t row) {
    const size_t position = held_.size();
    held_.push_back(row);
    keys_.resize(s_.layers);
    values_.resize(s_.layers);
    const IntegerMatrix& table = body_.embedding;
    Row x;
    for (uint32_t i = 0; i < s_.dim; ++i) {
      const Wide w = Wide{table.weight[size_t{row} * s_.dim + i]} * table.multiplier[row];
      const int64_t p = s_.learned_positions ? body_.positions[position * s_.dim + i] : 0;
      x.push_back(clamp(Wide{round_shift(w, static_cast<int>(table.shift))} + p, kWideLimit));
    }
    for (size_t l = 0; l < s_.layers; ++l) {
      add(x, attend(normed(x, body_.layers[l].attention_gain), l, position));
      add(x, feed_forward(normed(x, body_.layers[l].feed_forward_gain), body_.layers[l]));
    }
    const Row u = unit(x, body_.epsilon, s_.layer_norm);
    std::vector<int32_t> h;
    for (uint32_t i = 0; i < s_.dim; ++i)
      h.push_back(static_cast<int32_t>(
          clamp(round_shift(Wide{u[i]} * body_.final_gain[i] + body_.final_bias[i], 32), 127)));
    h.push_back(127);
    return h;
  }

  static void add(Row& x, const Row& more) {
    for (size_t i = 0; i < x.size(); ++i) x[i] = clamp(Wide{x[i]} + more[i], kWideLimit);
  }

  Row normed(const Row& x, const std::vector<int32_t>& gain) const {
    Row u = unit(x, body_.epsilon, s_.layer_norm);
    for (size_t i = 0; i < u.size(); ++i)
      u[i] = clamp(round_shift(Wide{u[i]} * gain[i], 20), kWideLimit);
    return u;
  }

  static Row limited(Row v, int64_t m) {
    for (int64_t& x : v) x = clamp(x, m);
    return v;
  }

  Row rotated(const Row& all, size_t position) const {
    if (s_.learned_positions) return all;
    Row out(all.size());
    const size_t half = s_.head_dim / 2;
    const auto wave = [&](uint32_t k, int64_t f) {
      const Wide low = model_.sine[k % 1024], high = model_.sine[(k + 1) % 1024];
      return low * 32768 + (high - low) * f;
    };
    for (size_t head = 0; head < all.size(); head += s_.head_dim) {
      for (size_t i = 0; i < half; ++i) {
        const auto phase = static_cast<uint32_t>(position * model_.rotary_frequency[i]);
        const uint32_t k = phase >> 22;
        const int64_t f = (phase >> 7) % 32768;
        const Wide sin = wave(k, f), cos = wave(k + 256, f);
        const Wide a = all[head + i], b = all[head + half + i];
        out[head + i] = clamp(round_shift(a * cos - b * sin, 29), 32767);
        out[head + half + i] = clamp(round_shift(b * cos + a * sin, 29), 32767);
      }
    }
    return out;
  }

  Row attend(const Row& a, size_t l, size_t position) {
    const ImportedLayer& layer = body_.layers[l];
    const Row q = rotated(limited(wide_linear(a, layer.query), 32767), position);
    keys_[l].push_back(rotated(limited(wide_linear(a, layer.key), 32767), position));
    values_[l].push_back(limited(wide_linear(a, layer.value), 32767));
    Row o;
    for (uint32_t head = 0; head < s_.heads; ++head) {
      const size_t from = size_t{head / (s_.heads / s_.kv_heads)} * s_.head_dim;
      Row scores;
      for (const Row& k : keys_[l]) {
        scores.push_back(0);
        for (uint32_t i = 0; i < s_.head_dim; ++i)
          scores.back() += q[size_t{head} * s_.head_dim + i] * k[from + i];
      }
      const int64_t top = *std::max_element(scores.begin(), scores.end());
      Wide den = 0;
      std::vector<Wide> acc(s_.head_dim, 0);
      for (size_t j = 0; j < scores.size(); ++j) {
        const int64_t u = std::min(top - scores[j], (int64_t{1} << 38) - 1);
        const Power power = exp2_neg(
            static_cast<int64_t>((Wide{u} * layer.attention_multiplier) >> layer.attention_shift));
        const int64_t e = (power.g << 9) >> power.whole;
        den += e;
        for (uint32_t i = 0; i < s_.head_dim; ++i) acc[i] += Wide{e} * values_[l][j][from + i];
      }
      for (Wide v : acc) o.push_back(floor_div(v * 4096 + (den >> 1), den));
    }
    return wide_linear(o, layer.output);
  }

  Row feed_forward(const Row& a, const ImportedLayer& layer) const {
    constexpr int64_t kLimit = (int64_t{1} << 30) - 1;
    Row z = limited(wide_linear(a, layer.up), kLimit);
    if (s_.gated) {
      const Row y = limited(wide_linear(a, layer.gate), kLimit);
      for (size_t i = 0; i < z.size(); ++i)
        z[i] = clamp(round_shift(Wide{activation(y[i], s_.activation)} * z[i], 20), kWideLimit);
    } else {
      for (int64_t& v : z) v = activation(v, s_.activation);
    }
    return wide_linear(z, layer.down);
  }

  const ExactModel& model_;
  const ImportedBody& body_;
  const ImportedShape& s_;
  std::vector<uint32_t> held_;                   // rows of the embedding
  std::vector<std::vector<Row>> keys_, values_;  // by layer, then token
};

}  // namespace llmz::document
