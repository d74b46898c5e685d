// SPDX-License-Identifier: Apache-2.0
// GPT-2, OPT, LLaMA and Mistral as plain loops in double precision, from the definitions in
// transformers (modeling_gpt2.py, modeling_opt.py, modeling_llama.py, modeling_mistral.py), one
// function for each family. Slow, and independent of src/.
#pragma once

#include <map>

#include "hf_writer.h"

namespace llmz::test {

using Vector = std::vector<double>;
using Rows = std::vector<Vector>;

class Reference {
 public:
  Reference(const RandomModel& model, Stored type) : m_(model) {
    for (const RandomTensor& t : model.tensors()) {
      shapes_[t.name] = t.shape;
      values_[t.name] = t.values(type);
    }
  }

  // ln p(next token | tokens[0 .. i]) for every i.
  Rows log_probabilities(const std::vector<uint32_t>& tokens) const {
    Rows h = m_.family == RandomModel::kGpt2  ? gpt2(tokens)
             : m_.family == RandomModel::kOpt ? opt(tokens)
                                              : llama(tokens);
    const std::string head = m_.tied ? m_.prefix + embedding_name() : "lm_head.weight";
    Rows out;
    for (const Vector& x : h) {
      Vector logits = times_transposed(x, head);
      double top = logits[0], sum = 0;
      for (double l : logits) top = std::max(top, l);
      for (double l : logits) sum += std::exp(l - top);
      for (double& l : logits) l -= top + std::log(sum);
      out.push_back(logits);
    }
    return out;
  }

 private:
  std::string embedding_name() const {
    return m_.family == RandomModel::kGpt2 ? "wte.weight" : "embed_tokens.weight";
  }
  const Vector& at(const std::string& name) const { return values_.at(name); }
  Vector row(const std::string& name, size_t index) const {
    const size_t width = static_cast<size_t>(shapes_.at(name)[1]);
    const Vector& v = at(name);
    return Vector(v.begin() + static_cast<ptrdiff_t>(index * width),
                  v.begin() + static_cast<ptrdiff_t>((index + 1) * width));
  }
  // x W^T + b, as torch.nn.Linear.
  Vector times_transposed(const Vector& x, const std::string& weight,
                          const std::string& bias = "") const {
    const Vector& w = at(weight);
    const size_t outputs = static_cast<size_t>(shapes_.at(weight)[0]), inputs = x.size();
    Vector y(outputs);
    for (size_t o = 0; o < outputs; ++o) {
      for (size_t i = 0; i < inputs; ++i) y[o] += x[i] * w[o * inputs + i];
      if (!bias.empty()) y[o] += at(bias)[o];
    }
    return y;
  }
  // x W + b, as GPT-2's Conv1D.
  Vector times(const Vector& x, const std::string& weight, const std::string& bias) const {
    const Vector& w = at(weight);
    Vector y = at(bias);
    for (size_t i = 0; i < x.size(); ++i)
      for (size_t o = 0; o < y.size(); ++o) y[o] += x[i] * w[i * y.size() + o];
    return y;
  }
  Vector layer_norm(const Vector& x, const std::string& name) const {
    double mean = 0, variance = 0;
    for (double v : x) mean += v / static_cast<double>(x.size());
    for (double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    Vector y;
    for (size_t i = 0; i < x.size(); ++i)
      y.push_back((x[i] - mean) / std::sqrt(variance + 1e-5) * at(name + ".weight")[i] +
                  at(name + ".bias")[i]);
    return y;
  }
  Vector rms_norm(const Vector& x, const std::string& name) const {
    double square = 0;
    for (double v : x) square += v * v / static_cast<double>(x.size());
    Vector y;
    for (size_t i = 0; i < x.size(); ++i)
      y.push_back(x[i] / std::sqrt(square + 1e-6) * at(name + ".weight")[i]);
    return y;
  }
  static void add(Vector& x, const Vector& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }
  // Token i looks at tokens j <= i, of which i - j < window where window > 0.
  Rows attention(const Rows& q, const Rows& k, const Rows& v, int64_t kv_heads,
                 int64_t window) const {
    const size_t heads = static_cast<size_t>(m_.heads), dim = q[0].size() / heads,
                 shared = heads / static_cast<size_t>(kv_heads);
    Rows out(q.size(), Vector(q[0].size()));
    for (size_t i = 0; i < q.size(); ++i) {
      for (size_t h = 0; h < heads; ++h) {
        std::map<size_t, double> weight;
        double sum = 0;
        for (size_t j = 0; j <= i; ++j) {
          if (window > 0 && static_cast<int64_t>(i - j) >= window) continue;
          double score = 0;
          for (size_t d = 0; d < dim; ++d) score += q[i][h * dim + d] * k[j][h / shared * dim + d];
          sum += weight[j] = std::exp(score / std::sqrt(static_cast<double>(dim)));
        }
        for (const auto& [j, w] : weight)
          for (size_t d = 0; d < dim; ++d)
            out[i][h * dim + d] += w / sum * v[j][h / shared * dim + d];
      }
    }
    return out;
  }

  Rows gpt2(const std::vector<uint32_t>& tokens) const {
    const std::string p = m_.prefix;
    Rows x;
    for (size_t i = 0; i < tokens.size(); ++i) {
      x.push_back(row(p + "wte.weight", tokens[i]));
      add(x[i], row(p + "wpe.weight", i));
    }
    for (int64_t layer = 0; layer < m_.layers; ++layer) {
      const std::string l = p + "h." + std::to_string(layer) + ".";
      Rows q, k, v;
      for (const Vector& r : x) {
        const Vector all =
            times(layer_norm(r, l + "ln_1"), l + "attn.c_attn.weight", l + "attn.c_attn.bias");
        const auto d = static_cast<ptrdiff_t>(m_.dim);
        q.emplace_back(all.begin(), all.begin() + d);
        k.emplace_back(all.begin() + d, all.begin() + 2 * d);
        v.emplace_back(all.begin() + 2 * d, all.end());
      }
      const Rows o = attention(q, k, v, m_.heads, 0);
      for (size_t i = 0; i < x.size(); ++i) {
        add(x[i], times(o[i], l + "attn.c_proj.weight", l + "attn.c_proj.bias"));
        Vector inner =
            times(layer_norm(x[i], l + "ln_2"), l + "mlp.c_fc.weight", l + "mlp.c_fc.bias");
        for (double& z : inner)
          z = 0.5 * z *
              (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (z + 0.044715 * z * z * z)));
        add(x[i], times(inner, l + "mlp.c_proj.weight", l + "mlp.c_proj.bias"));
      }
    }
    for (Vector& r : x) r = layer_norm(r, p + "ln_f");
    return x;
  }

  Rows opt(const std::vector<uint32_t>& tokens) const {
    const std::string p = m_.prefix;
    const bool projected = m_.embedding_dim != m_.dim;
    Rows x;
    for (size_t i = 0; i < tokens.size(); ++i) {
      x.push_back(row(p + "embed_tokens.weight", tokens[i]));
      if (projected) x[i] = times_transposed(x[i], p + "project_in.weight");
      add(x[i], row(p + "embed_positions.weight", i + 2));
    }
    for (int64_t layer = 0; layer < m_.layers; ++layer) {
      const std::string l = p + "layers." + std::to_string(layer) + ".";
      const auto linear = [&](const Vector& r, const std::string& name) {
        return times_transposed(r, l + name + ".weight", l + name + ".bias");
      };
      Rows q, k, v;
      for (const Vector& r : x) {
        const Vector a = m_.norm_first ? layer_norm(r, l + "self_attn_layer_norm") : r;
        q.push_back(linear(a, "self_attn.q_proj"));
        k.push_back(linear(a, "self_attn.k_proj"));
        v.push_back(linear(a, "self_attn.v_proj"));
      }
      const Rows o = attention(q, k, v, m_.heads, 0);
      for (size_t i = 0; i < x.size(); ++i) {
        add(x[i], linear(o[i], "self_attn.out_proj"));
        if (!m_.norm_first) x[i] = layer_norm(x[i], l + "self_attn_layer_norm");
        Vector inner =
            linear(m_.norm_first ? layer_norm(x[i], l + "final_layer_norm") : x[i], "fc1");
        for (double& z : inner) z = std::max(z, 0.0);
        add(x[i], linear(inner, "fc2"));
        if (!m_.norm_first) x[i] = layer_norm(x[i], l + "final_layer_norm");
      }
    }
    for (Vector& r : x) {
      if (m_.norm_first) r = layer_norm(r, p + "final_layer_norm");
      if (projected) r = times_transposed(r, p + "project_out.weight");
    }
    return x;
  }

  // Dimensions i and i + half of each head turn by position * theta^(-i / half).
  void rotate(Vector& x, size_t position) const {
    const size_t dim = static_cast<size_t>(m_.dim / m_.heads), half = dim / 2;
    for (size_t begin = 0; begin < x.size(); begin += dim) {
      for (size_t i = 0; i < half; ++i) {
        const double angle =
            static_cast<double>(position) *
            std::pow(m_.rope_theta, -2 * static_cast<double>(i) / static_cast<double>(dim));
        const double a = x[begin + i], b = x[begin + i + half];
        x[begin + i] = a * std::cos(angle) - b * std::sin(angle);
        x[begin + i + half] = b * std::cos(angle) + a * std::sin(angle);
      }
    }
  }

  Rows llama(const std::vector<uint32_t>& tokens) const {
    const std::string p = m_.prefix;
    Rows x;
    for (uint32_t t : tokens) x.push_back(row(p + "embed_tokens.weight", t));
    for (int64_t layer = 0; layer < m_.layers; ++layer) {
      const std::string l = p + "layers." + std::to_string(layer) + ".";
      Rows q, k, v;
      for (size_t i = 0; i < x.size(); ++i) {
        const Vector a = rms_norm(x[i], l + "input_layernorm");
        q.push_back(times_transposed(a, l + "self_attn.q_proj.weight"));
        k.push_back(times_transposed(a, l + "self_attn.k_proj.weight"));
        v.push_back(times_transposed(a, l + "self_attn.v_proj.weight"));
        rotate(q[i], i);
        rotate(k[i], i);
      }
      const Rows o = attention(q, k, v, m_.kv_heads, m_.sliding_window);
      for (size_t i = 0; i < x.size(); ++i) {
        add(x[i], times_transposed(o[i], l + "self_attn.o_proj.weight"));
        const Vector a = rms_norm(x[i], l + "post_attention_layernorm");
        Vector gate = times_transposed(a, l + "mlp.gate_proj.weight");
        const Vector up = times_transposed(a, l + "mlp.up_proj.weight");
        for (size_t j = 0; j < gate.size(); ++j) gate[j] *= up[j] / (1 + std::exp(-gate[j]));
        add(x[i], times_transposed(gate, l + "mlp.down_proj.weight"));
      }
    }
    for (Vector& r : x) r = rms_norm(r, p + "norm");
    return x;
  }

  RandomModel m_;
  std::map<std::string, std::vector<int64_t>> shapes_;
  std::map<std::string, Vector> values_;
};

}  // namespace llmz::test
