// SPDX-License-Identifier: Apache-2.0
#include "import/quantize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "import/fixed_point.h"

namespace llmz::importer {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLevels = 1 << 20;  // of what has 20 fraction bits
constexpr double kGainLevels = 1 << 24;
constexpr double kHeadLevels = 1 << 17;  // fraction bits of a logit
constexpr double kConstant = 127;        // the last hidden component

std::vector<double> read_vector(const hf::TensorView& tensor) {
  std::vector<float> values(tensor.elements);
  hf::read_floats(tensor, 0, tensor.elements, values.data());
  for (float v : values) {
    if (!std::isfinite(v))
      throw Error(ErrorKind::kModelBad, "a weight is not a finite number: a damaged checkpoint");
  }
  return {values.begin(), values.end()};
}

// [outputs][inputs], however it is stored.
RealMatrix read_matrix(const hf::TensorView& tensor, bool transposed) {
  const std::vector<double> checked =
      tensor.elements == 0 ? std::vector<double>() : read_vector(tensor);
  RealMatrix m;
  m.rows = static_cast<uint32_t>(tensor.shape[transposed ? 1 : 0]);
  m.columns = static_cast<uint32_t>(tensor.shape[transposed ? 0 : 1]);
  m.weight.resize(checked.size());
  for (uint32_t r = 0; r < m.rows; ++r) {
    for (uint32_t c = 0; c < m.columns; ++c) {
      const size_t at = transposed ? size_t{c} * m.rows + r : size_t{r} * m.columns + c;
      m.weight[size_t{r} * m.columns + c] = static_cast<float>(checked[at]);
    }
  }
  return m;
}

RealMatrix read_matrix(const hf::TensorView& tensor, const hf::TensorView& bias, bool transposed) {
  RealMatrix m = read_matrix(tensor, transposed);
  if (bias.elements > 0) m.bias = read_vector(bias);
  return m;
}

RealMatrix rows_of(const RealMatrix& all, uint32_t first, uint32_t count) {
  RealMatrix part;
  part.rows = count;
  part.columns = all.columns;
  part.weight.assign(all.row(first), all.row(first) + size_t{count} * all.columns);
  if (!all.bias.empty())
    part.bias.assign(all.bias.begin() + first, all.bias.begin() + first + count);
  return part;
}

struct Norm {
  std::vector<double> gain, bias;  // bias may be empty
};

Norm read_norm(const hf::TensorView& gain, const hf::TensorView& bias) {
  Norm norm{read_vector(gain), {}};
  if (bias.elements > 0) norm.bias = read_vector(bias);
  return norm;
}

std::vector<int32_t> fixed_gain(const Norm& norm) {
  std::vector<int32_t> out;
  for (double g : norm.gain)
    out.push_back(static_cast<int32_t>(fixed(g, kGainLevels, INT32_MAX, "a norm's weight")));
  return out;
}

// The matrix reads norm.gain * x + norm.bias: what the bias gives becomes the matrix's own.
void fold_bias(const Norm& norm, RealMatrix& m) {
  if (norm.bias.empty()) return;
  m.bias.resize(m.rows, 0);
  for (uint32_t r = 0; r < m.rows; ++r) {
    for (uint32_t c = 0; c < m.columns; ++c) m.bias[r] += double{m.row(r)[c]} * norm.bias[c];
  }
}

// No output of the matrix behind this norm is larger: a normalized vector has length sqrt(n)
// (Cauchy-Schwarz).
double largest_output(const Norm& norm, const RealMatrix& m) {
  double top = 1e-9;
  for (uint32_t r = 0; r < m.rows; ++r) {
    double squares = 0;
    for (uint32_t c = 0; c < m.columns; ++c) {
      const double w = double{m.row(r)[c]} * norm.gain[c];
      squares += w * w;
    }
    const double bias = m.bias.empty() ? 0 : std::fabs(m.bias[r]);
    top = std::max(top, std::sqrt(m.columns * squares) + bias);
  }
  return top;
}

struct Attention {
  RealMatrix query, key, value, output;
};

Attention read_attention(const hf::LayerTensors& t, const hf::Config& c, bool transposed) {
  Attention a;
  if (t.query_key_value.elements > 0) {
    const RealMatrix all = read_matrix(t.query_key_value, t.query_key_value_bias, transposed);
    const uint32_t wide = c.heads * c.head_dim, narrow = c.kv_heads * c.head_dim;
    a.query = rows_of(all, 0, wide);
    a.key = rows_of(all, wide, narrow);
    a.value = rows_of(all, wide + narrow, narrow);
  } else {
    a.query = read_matrix(t.query, t.query_bias, transposed);
    a.key = read_matrix(t.key, t.key_bias, transposed);
    a.value = read_matrix(t.value, t.value_bias, transposed);
  }
  a.output = read_matrix(t.output, t.output_bias, transposed);
  return a;
}

void set_attention(const hf::LayerTensors& t, const hf::Config& c, bool transposed,
                   ImportedLayer& layer) {
  const Norm norm = read_norm(t.norm1, t.norm1_bias);
  Attention a = read_attention(t, c, transposed);
  for (RealMatrix* m : {&a.query, &a.key, &a.value}) fold_bias(norm, *m);
  // Rotating two components of this size may give sqrt(2) of it in one.
  const double turned = c.learned_positions ? 1 : std::sqrt(2);
  const double query_levels = 32767 / (turned * largest_output(norm, a.query));
  const double key_levels = 32767 / (turned * largest_output(norm, a.key));
  const double value_levels = 32767 / largest_output(norm, a.value);
  layer.attention_gain = fixed_gain(norm);
  layer.query = linear(a.query, kLevels, query_levels, "query");
  layer.key = linear(a.key, kLevels, key_levels, "key");
  layer.value = linear(a.value, kLevels, value_levels, "value");
  layer.output = linear(a.output, value_levels * 4096, kLevels, "attention output");
  // From products of levels to powers of two with 15 fraction bits.
  const double factor = 32768 / (std::log(2.0) * std::sqrt(c.head_dim) * query_levels * key_levels);
  int shift = 61;
  while (shift > 0 && std::ldexp(factor, shift) > (1 << 24) - 1) --shift;
  layer.attention_shift = static_cast<uint32_t>(shift);
  layer.attention_multiplier = static_cast<uint32_t>(
      fixed(factor, std::ldexp(1, shift), (1 << 24) - 1, "attention's scale"));
}

void set_feed_forward(const hf::LayerTensors& t, const hf::Config& c, bool transposed,
                      ImportedLayer& layer) {
  const Norm norm = read_norm(t.norm2, t.norm2_bias);
  layer.feed_forward_gain = fixed_gain(norm);
  RealMatrix up = read_matrix(t.up, t.up_bias, transposed);
  fold_bias(norm, up);
  layer.up = linear(up, kLevels, kLevels, "up");
  if (c.gated) {
    RealMatrix gate = read_matrix(t.gate, transposed);
    fold_bias(norm, gate);
    layer.gate = linear(gate, kLevels, kLevels, "gate");
  }
  layer.down = linear(read_matrix(t.down, t.down_bias, transposed), kLevels, kLevels, "down");
}

ImportedShape shape_of(const hf::Config& c, uint32_t positions) {
  ImportedShape s;
  s.dim = c.dim;
  s.layers = c.layers;
  s.heads = c.heads;
  s.kv_heads = c.kv_heads;
  s.head_dim = c.head_dim;
  s.hidden = c.hidden;
  s.positions = positions;
  s.layer_norm = c.layer_norm;
  s.gated = c.gated;
  s.learned_positions = c.learned_positions;
  s.keeps_quarter = true;  // docs/importing.md says what that costs and gains
  using A = hf::Config::Activation;
  s.activation = c.activation == A::kRelu   ? Activation::kRelu
                 : c.activation == A::kSilu ? Activation::kSilu
                                            : Activation::kGelu;
  return s;
}

void set_embedding(const hf::Checkpoint& checkpoint, const TokenRows& rows, ImportedBody& body) {
  const uint32_t dim = body.shape.dim;
  RealMatrix real;
  real.rows = static_cast<uint32_t>(rows.tokens.size()) + 1;
  real.columns = dim;
  real.weight.resize(size_t{real.rows} * dim);
  for (uint32_t i = 0; i < real.rows; ++i) {
    const uint32_t row = i + 1 < real.rows ? rows.tokens[i] : rows.start;
    hf::read_floats(checkpoint.embedding(), uint64_t{row} * dim, dim,
                    real.weight.data() + size_t{i} * dim);
  }
  for (float v : real.weight) {
    if (!std::isfinite(v))
      throw Error(ErrorKind::kModelBad, "the embedding holds a value that is not a finite number");
  }
  body.embedding = table(real, "the embedding");
}

void set_positions(const hf::Checkpoint& checkpoint, ExactModel& model) {
  const hf::Config& c = checkpoint.config();
  ImportedBody& body = *model.imported;
  if (c.learned_positions) {
    std::vector<float> values(size_t{body.shape.positions} * c.dim);
    hf::read_floats(checkpoint.positions(), uint64_t{c.position_offset} * c.dim, values.size(),
                    values.data());
    for (float v : values)
      body.positions.push_back(
          static_cast<int32_t>(fixed(v, kLevels, 1 << 30, "a learned position")));
    return;
  }
  for (uint32_t i = 0; i < c.head_dim / 2; ++i) {
    const double turns = std::pow(c.rope_theta, -2.0 * i / c.head_dim) / (2 * kPi);
    model.rotary_frequency.push_back(
        static_cast<uint32_t>(fixed(turns, 0x1p32, UINT32_MAX, "rope_theta")));
  }
  for (int k = 0; k < 1024; ++k)
    model.sine.push_back(static_cast<int16_t>(std::lround(16384 * std::sin(2 * kPi * k / 1024))));
}

void refuse_unsupported(const hf::Checkpoint& checkpoint) {
  const hf::Config& c = checkpoint.config();
  if (c.norm_first && c.embedding_dim == c.dim && checkpoint.project_in().elements == 0 &&
      checkpoint.final_norm().elements > 0)
    return;
  throw Error(ErrorKind::kUsage,
              checkpoint.path() +
                  ": normalizes after the addition or projects its embedding, as OPT 350M does; "
                  "llmz imports transformers that normalize first, as all other sizes of OPT, "
                  "GPT-2, LLaMA and Mistral");
}

}  // namespace

HiddenRange widest_range(const hf::Checkpoint& checkpoint) {
  const Norm norm = read_norm(checkpoint.final_norm(), checkpoint.final_norm_bias());
  HiddenRange range;
  range.middle = norm.bias;
  range.middle.resize(norm.gain.size(), 0);
  for (double g : norm.gain)
    range.half.push_back(std::fabs(g) * std::sqrt(static_cast<double>(norm.gain.size())));
  return range;
}

ExactModel quantize(const hf::Checkpoint& checkpoint, const TokenRows& rows, uint32_t positions,
                    const std::string& name,
                    const std::function<void(const std::string&)>& progress) {
  refuse_unsupported(checkpoint);
  const hf::Config& c = checkpoint.config();
  ExactModel model;
  model.name = name;
  model.config.vocabulary = static_cast<uint32_t>(rows.tokens.size());
  ImportedBody& body = model.imported.emplace();
  body.shape = shape_of(c, positions);
  set_config(model);
  body.epsilon = fixed(c.norm_epsilon * c.dim, 0x1p40, int64_t{1} << 61, "the norms' epsilon");
  set_embedding(checkpoint, rows, body);
  set_positions(checkpoint, model);
  for (const hf::LayerTensors& tensors : checkpoint.layers()) {
    progress("layer " + std::to_string(body.layers.size() + 1) + " of " + std::to_string(c.layers));
    ImportedLayer& layer = body.layers.emplace_back();
    set_attention(tensors, c, checkpoint.transposed(), layer);
    set_feed_forward(tensors, c, checkpoint.transposed(), layer);
  }
  set_head(checkpoint, rows, widest_range(checkpoint), model);
  return model;
}

void set_head(const hf::Checkpoint& checkpoint, const TokenRows& rows, const HiddenRange& range,
              ExactModel& model) {
  ImportedBody& body = *model.imported;
  const uint32_t dim = body.shape.dim;
  const Norm norm = read_norm(checkpoint.final_norm(), checkpoint.final_norm_bias());
  std::vector<double> levels(dim);
  body.final_gain.clear();
  body.final_bias.clear();
  for (uint32_t i = 0; i < dim; ++i) {
    levels[i] = range.half[i] > 0 ? 127 / range.half[i] : 0;
    const double bias = norm.bias.empty() ? 0 : norm.bias[i];
    // unit() has 16 fraction bits, the sum 32.
    body.final_gain.push_back(static_cast<int32_t>(
        fixed(norm.gain[i] * levels[i], 0x1p16, INT32_MAX, "the last norm's weight")));
    body.final_bias.push_back(fixed((bias - range.middle[i]) * levels[i], 0x1p32, int64_t{1} << 53,
                                    "the last norm's bias"));
  }
  // What all tokens have in common changes no probability, but would take up the fixed point.
  std::vector<float> row(dim);
  std::vector<double> mean(dim, 0);
  for (uint32_t token : rows.tokens) {
    hf::read_floats(checkpoint.head(), uint64_t{token} * dim, dim, row.data());
    for (uint32_t i = 0; i < dim; ++i) mean[i] += row[i] / static_cast<double>(rows.tokens.size());
  }
  const auto entry = [](double value) {
    if (!std::isfinite(value))
      throw Error(ErrorKind::kModelBad, "the head holds a value that is not a finite number");
    return static_cast<int16_t>(std::nearbyint(std::clamp(value * kHeadLevels, -32767.0, 32767.0)));
  };
  body.head.clear();
  body.head.reserve(rows.tokens.size() * (dim + 1));
  for (uint32_t token : rows.tokens) {
    hf::read_floats(checkpoint.head(), uint64_t{token} * dim, dim, row.data());
    double constant = 0;
    for (uint32_t i = 0; i < dim; ++i) {
      const double w = row[i] - mean[i];
      constant += w * range.middle[i];
      body.head.push_back(entry(levels[i] > 0 ? w / levels[i] : 0));
    }
    body.head.push_back(entry(constant / kConstant));
  }
}

}  // namespace llmz::importer
