// SPDX-License-Identifier: Apache-2.0
#include "train/quantize.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace llmz::train {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kSignedLevels = 16, kHiddenLevels = 12;  // per unit, of activations
constexpr double kResidualUnit = 1 << 16;                 // fixed point of the residual stream
constexpr double kHeadUnit = 1 << 28;
constexpr double kQueryRms =
    4096;  // what follows normalizes, so only the precision depends on these two
constexpr double kHiddenRms = 512;
// Of query, key, value and up in trainings of 4 to 6 thousand steps: 2.0 to 4.1, most 3.2 to 4.1.
constexpr double kTrainedRowNorm = 3.5;

// Rounds rows to +-limit with one scale each. Returns the scales.
std::vector<double> round_rows(const torch::Tensor& weight, int limit, IntegerMatrix& m) {
  const torch::Tensor w = weight.contiguous();
  m.rows = static_cast<uint32_t>(w.size(0));
  m.columns = static_cast<uint32_t>(w.size(1));
  std::vector<double> scales;
  const float* p = w.data_ptr<float>();
  for (uint32_t r = 0; r < m.rows; ++r, p += m.columns) {
    float top = 1e-12f;
    for (uint32_t c = 0; c < m.columns; ++c) top = std::max(top, std::fabs(p[c]));
    const float up = static_cast<float>(limit) / top;
    for (uint32_t c = 0; c < m.columns; ++c)
      m.weight.push_back(static_cast<int8_t>(std::nearbyint(p[c] * up)));
    scales.push_back(static_cast<double>(top) / limit);
  }
  return scales;
}

// Multipliers for out = sum * scale * unit, with about 20 significant bits.
void set_multipliers(IntegerMatrix& m, const std::vector<double>& scales, double unit) {
  double top = 0;
  for (double s : scales) top = std::max(top, s * unit);
  const int shift = std::min(40, std::max(0, 20 - static_cast<int>(std::ceil(std::log2(top)))));
  m.shift = static_cast<uint32_t>(shift);
  for (double s : scales)
    m.multiplier.push_back(static_cast<int32_t>(std::lround(std::ldexp(s * unit, shift))));
}

IntegerMatrix table(const torch::Tensor& weight, int limit, double unit) {
  IntegerMatrix m;
  for (double s : round_rows(weight, limit, m))
    m.multiplier.push_back(static_cast<int32_t>(std::lround(s * unit)));
  return m;
}

// Where a norm follows, the scale of a matrix's output is free: what makes its root mean square
// about `rms`.
double normalized_unit(const torch::Tensor& weight, double rms) {
  const double norm =
      std::sqrt(weight.square().sum().item<double>() / static_cast<double>(weight.size(0)));
  return rms / std::max(norm, 1e-9);
}

IntegerMatrix normalized_linear(const torch::Tensor& weight, double rms) {
  IntegerMatrix m;
  const std::vector<double> scales = round_rows(weight, 63, m);
  set_multipliers(m, scales, normalized_unit(weight, rms) / kSignedLevels);
  return m;
}

IntegerMatrix residual_linear(const torch::Tensor& weight, double input_levels) {
  IntegerMatrix m;
  const std::vector<double> scales = round_rows(weight, 63, m);
  set_multipliers(m, scales, kResidualUnit / input_levels);
  return m;
}

// weight * multiplier * unit, as float32 [rows][columns].
torch::Tensor to_floats(const IntegerMatrix& m, double unit) {
  const std::vector<int64_t> shape = {m.rows, m.columns};
  torch::Tensor scale = torch::empty({m.rows, 1}, torch::kFloat64);
  for (uint32_t r = 0; r < m.rows; ++r) scale[r][0] = m.multiplier[r] * unit;
  const torch::Tensor weight =
      torch::from_blob(const_cast<int8_t*>(m.weight.data()), shape, torch::kInt8);
  return (weight * scale).to(torch::kFloat32);
}

// What gives the rows of to_floats(m, 1) the root mean square that training gives them.
double normalized_factor(const IntegerMatrix& m) {
  return kTrainedRowNorm * std::sqrt(m.rows) /
         std::max(to_floats(m, 1).norm().item<double>(), 1e-9);
}

torch::Tensor to_normalized(const IntegerMatrix& m) { return to_floats(m, normalized_factor(m)); }

// What is added to the output of `value`, in the unit that to_normalized(value) gives it.
torch::Tensor to_value_embedding(const IntegerMatrix& m, const IntegerMatrix& value) {
  return to_floats(
      m, std::ldexp(normalized_factor(value) / kSignedLevels, static_cast<int>(value.shift)));
}

torch::Tensor to_residual(const IntegerMatrix& m, double input_levels) {
  return to_floats(m, std::ldexp(input_levels / kResidualUnit, -static_cast<int>(m.shift)));
}

// In fixed point; `what` within +-limit, for the message.
int32_t fixed_point(double value, double unit, double limit, const char* what) {
  if (!(std::fabs(value) <= limit)) {
    throw Error(ErrorKind::kModelBad, std::string(what) + " is " + std::to_string(value) +
                                          ", which its fixed point does not hold");
  }
  return static_cast<int32_t>(std::lround(value * unit));
}

LayerScalars to_scalars(const torch::Tensor& row) {
  constexpr double kLimit = LayerScalars::kLimit / LayerScalars::kOne;
  const auto at = [&](int i) {
    return fixed_point(row[i].item<double>(), LayerScalars::kOne, kLimit, "a scalar of a layer");
  };
  return {at(0), at(1), at(2)};
}

// A score is a sum of products of levels; its weight is e^(scale * score / levels^2), in powers of
// two.
constexpr double kAttentionUnit =
    1.44269504088896340736 / (kSignedLevels * kSignedLevels) * (1 << 22);

std::vector<uint32_t> to_attention_multipliers(const torch::Tensor& scales) {
  std::vector<uint32_t> multipliers;
  for (int64_t h = 0; h < scales.size(0); ++h) {
    multipliers.push_back(static_cast<uint32_t>(
        std::max(0, fixed_point(scales[h].item<double>(), kAttentionUnit, 32767 / kAttentionUnit,
                                "an attention scale"))));
  }
  return multipliers;
}

}  // namespace

ExactModel quantize(const Parameters& parameters, const ModelConfig& config,
                    const std::string& name, HeadLearning learning) {
  using I = ParameterIndex;
  const auto& t = parameters.tensors;
  ExactModel model;
  model.config = config;
  model.name = name;
  model.embedding = table(t[I::kEmbedding], 63, kResidualUnit);
  model.previous = table(t[I::kPrevious], 63, kResidualUnit);
  model.head = table(t[I::kHead], 127, kHeadUnit);
  if (config.pair_rows > 0) model.pairs = table(t[I::pairs(config)], 63, kResidualUnit);
  if (t[I::kHead].abs().max().item<double>() >= 4) {
    throw Error(ErrorKind::kModelBad,
                "a weight of the head is beyond 4, which its fixed point does not hold; train with "
                "weight decay");
  }
  for (uint32_t l = 0; l < config.layers; ++l) {
    ExactLayer layer;
    layer.query = normalized_linear(t[I::layer(l, 0)], kQueryRms);
    layer.key = normalized_linear(t[I::layer(l, 1)], kQueryRms);
    layer.value = normalized_linear(t[I::layer(l, 2)], kQueryRms);
    layer.output = residual_linear(t[I::layer(l, 3)], kSignedLevels);
    layer.up = normalized_linear(t[I::layer(l, 4)], kHiddenRms);
    layer.down = residual_linear(t[I::layer(l, 5)], kHiddenLevels);
    if (has_value_embedding(config, l)) {
      layer.value_embedding = table(t[I::value_embedding(config, l)], 63,
                                    normalized_unit(t[I::layer(l, 2)], kQueryRms));
    }
    layer.scalars = to_scalars(t[I::scalars(config)][l]);
    if (config.pair_rows == 0) layer.scalars.pair = 0;
    layer.attention_multiplier = to_attention_multipliers(t[I::attention_scale(config)][l]);
    model.layers.push_back(std::move(layer));
  }
  const double half = config.head_dim / 2;
  for (int i = 0; i < static_cast<int>(half); ++i) {
    const double turns = std::pow(kRotaryBase, -i / half) / (2 * kPi);
    model.rotary_frequency.push_back(static_cast<uint32_t>(std::llround(turns * 4294967296.0)));
  }
  for (int k = 0; k < 1024; ++k)
    model.sine.push_back(static_cast<int16_t>(std::lround(16384 * std::sin(2 * kPi * k / 1024))));
  model.learning = learning;
  return model;
}

Parameters dequantize(const ExactModel& model) {
  using I = ParameterIndex;
  const ModelConfig& config = model.config;
  Parameters p = Parameters::initialize(config, 0);
  auto& t = p.tensors;
  t[I::kEmbedding] = to_floats(model.embedding, 1 / kResidualUnit);
  t[I::kPrevious] = to_floats(model.previous, 1 / kResidualUnit);
  t[I::kHead] = to_floats(model.head, 1 / kHeadUnit);
  const bool pairs = config.pair_rows > 0;
  if (pairs) t[I::pairs(config)] = to_floats(model.pairs, 1 / kResidualUnit);
  for (uint32_t l = 0; l < config.layers; ++l) {
    const ExactLayer& layer = model.layers[l];
    t[I::layer(l, 0)] = to_normalized(layer.query);
    t[I::layer(l, 1)] = to_normalized(layer.key);
    t[I::layer(l, 2)] = to_normalized(layer.value);
    t[I::layer(l, 3)] = to_residual(layer.output, kSignedLevels);
    t[I::layer(l, 4)] = to_normalized(layer.up);
    t[I::layer(l, 5)] = to_residual(layer.down, kHiddenLevels);
    if (has_value_embedding(config, l))
      t[I::value_embedding(config, l)] = to_value_embedding(layer.value_embedding, layer.value);
    const LayerScalars& s = layer.scalars;
    const torch::Tensor scalars = t[I::scalars(config)][l];
    scalars[0] = static_cast<double>(s.stream) / LayerScalars::kOne;
    scalars[1] = static_cast<double>(s.embedding) / LayerScalars::kOne;
    // Without pairs it is what it is at first, so that pairs that join it can learn.
    if (pairs) scalars[2] = static_cast<double>(s.pair) / LayerScalars::kOne;
    for (uint32_t h = 0; h < config.heads; ++h)
      t[I::attention_scale(config)][l][h] = layer.attention_multiplier[h] / kAttentionUnit;
  }
  return p;
}

}  // namespace llmz::train
