// SPDX-License-Identifier: Apache-2.0
#include "exact/cpu_rows.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace llmz::exact {
namespace {

constexpr int32_t kLinearLimit = (1 << 27) - 1;
constexpr int32_t kHiddenLimit = 32767;

NormSettings norm_settings(uint64_t scale, uint64_t n, int shift) {
  return {isqrt((scale * scale * n) << (2 * shift)), shift};
}

std::vector<int8_t> stack(const std::vector<const IntegerMatrix*>& matrices) {
  std::vector<int8_t> all;
  for (const IntegerMatrix* m : matrices) all.insert(all.end(), m->weight.begin(), m->weight.end());
  return all;
}

// The packed product keeps reading the plain weight while it makes further layouts, so the matrices
// of the model are used in place where there is only one.
const int8_t* weights_of(const std::vector<const IntegerMatrix*>& matrices,
                         std::vector<int8_t>& stacked) {
  if (matrices.size() == 1) return matrices[0]->weight.data();
  stacked = stack(matrices);
  return stacked.data();
}

uint32_t rows_of(const std::vector<const IntegerMatrix*>& matrices) {
  uint32_t rows = 0;
  for (const IntegerMatrix* m : matrices) rows += m->rows;
  return rows;
}

}  // namespace

Linear::Linear(const std::vector<const IntegerMatrix*>& stacked, bool biased_input)
    : product(weights_of(stacked, stacked_weight), rows_of(stacked), stacked[0]->columns) {
  const int64_t largest_input = biased_input ? 127 : 255;
  for (const IntegerMatrix* m : stacked) {
    bool all_fit = true;
    for (uint32_t r = 0; r < m->rows; ++r) {
      int32_t sum = 0, magnitude = 0;
      for (uint32_t c = 0; c < m->columns; ++c) {
        const int32_t w = m->weight[static_cast<size_t>(r) * m->columns + c];
        sum += w;
        magnitude += std::abs(w);
      }
      correction.push_back(biased_input ? 128 * sum : 0);
      all_fit &= (magnitude * largest_input * m->multiplier[r] >> m->shift) < INT32_MAX;
    }
    multiplier.insert(multiplier.end(), m->multiplier.begin(), m->multiplier.end());
    shifts.push_back(static_cast<int>(m->shift));
    fits.push_back(all_fit);
  }
}

struct CpuRows::Layer {
  enum Matrix { kQueryKeyValue, kOutput, kUp, kDown, kMatrices };
  explicit Layer(const ExactLayer& layer)
      : exact(layer),
        attention_multiplier(layer.attention_multiplier),
        matrices{Linear({&layer.query, &layer.key, &layer.value}, true),
                 Linear({&layer.output}, true), Linear({&layer.up}, true),
                 Linear({&layer.down}, false)} {
    attention_multiplier.resize((attention_multiplier.size() + 1) / 2 * 2, 0);  // padded_heads_
  }
  const ExactLayer& exact;
  std::vector<uint32_t> attention_multiplier;
  std::array<Linear, kMatrices> matrices;
};

// For up to kMaxVectors rows.
struct CpuRows::Scratch {
  Scratch(const ModelConfig& c, size_t padded_heads) : calls(c.layers * Layer::kMatrices) {
    const size_t m = IntegerProduct::kMaxVectors, wide = c.heads * c.head_dim,
                 padded = padded_heads * c.head_dim;
    const size_t widest = std::max<size_t>({c.hidden, wide + 2 * c.head_dim, c.dim});
    x.resize(m * c.dim);
    embedding.resize(m * c.dim);
    in.resize(m * widest);
    sums.resize(m * widest);
    normed.resize((c.heads + 1) * c.head_dim);
    queries.resize(m * padded);
    attended.resize((m - 1) * wide + padded);
    key.resize(c.head_dim);
    value.resize(c.head_dim);
    turns.resize(m * c.head_dim);
  }
  std::vector<IntegerProduct::Calls> calls;  // [layer][matrix]
  std::vector<int32_t> x, embedding, sums, normed, attended, turns;
  std::vector<uint8_t> in;
  std::vector<int8_t> queries, key, value;
  AttentionScratch attention;
};

CpuRows::CpuRows(const ExactModel& model) : model_(model), kernels_(cpu_kernels()) {
  const ModelConfig& c = model.config;
  capacity_ = (c.window + Body::kMaxTokensPerLane + kSlotBlock - 1) / kSlotBlock * kSlotBlock;
  static_assert(kMaxSlots == kMaxWindow + Body::kMaxTokensPerLane);
  padded_heads_ = (c.heads + 1) / 2 * 2;
  keeps_embedding_ = std::any_of(model.layers.begin(), model.layers.end(),
                                 [](const ExactLayer& l) { return l.scalars.embedding != 0; });
  residual_norm_ = norm_settings(16, c.dim, 20);
  head_norm_ = norm_settings(1024, c.head_dim, 16);
  value_norm_ = norm_settings(16, c.head_dim, 20);
  joint_norm_ = norm_settings(16, c.heads * c.head_dim, 20);
  hidden_norm_ = norm_settings(12, c.hidden, 20);
  layers_.reserve(c.layers);
  for (const ExactLayer& layer : model.layers) layers_.emplace_back(layer);
}

CpuRows::~CpuRows() = default;

CpuRows::Lane CpuRows::empty_lane() const {
  const ModelConfig& c = model_.config;
  return {0, 0, std::vector<int8_t>(c.layers * 2 * capacity_ * c.head_dim)};
}

std::shared_ptr<CpuRows::Scratch> CpuRows::make_scratch() const {
  return std::make_shared<Scratch>(model_.config, padded_heads_);
}

int8_t* CpuRows::keys(Lane& lane, size_t layer) const {
  return lane.ring.data() + 2 * layer * capacity_ * model_.config.head_dim;
}

int8_t* CpuRows::values(Lane& lane, size_t layer) const {
  return lane.ring.data() + (2 * layer + 1) * capacity_ * model_.config.head_dim;
}

void CpuRows::embed(const std::vector<Row>& rows, Scratch& s) const {
  const ModelConfig& c = model_.config;
  const size_t half = c.head_dim / 2;
  for (size_t r = 0; r < rows.size(); ++r) {
    const uint32_t t = rows[r].token, p = rows[r].previous;
    kernels_.embed(model_.embedding.weight.data() + static_cast<size_t>(t) * c.dim,
                   model_.embedding.multiplier[t],
                   model_.previous.weight.data() + static_cast<size_t>(p) * c.dim,
                   model_.previous.multiplier[p], c.dim, s.x.data() + r * c.dim);
    for (size_t i = 0; i < half; ++i) {
      const uint32_t phase = static_cast<uint32_t>(rows[r].position) * model_.rotary_frequency[i];
      const uint32_t k = (phase + (1u << 21)) >> 22;
      int32_t* turn = s.turns.data() + r * c.head_dim + i;
      rotation_pairs(model_.sine[(k + 256) & 1023], model_.sine[k], turn, turn + half);
    }
  }
  if (keeps_embedding_) std::copy_n(s.x.begin(), rows.size() * c.dim, s.embedding.begin());
}

void CpuRows::mix_stream(const ExactLayer& layer, const std::vector<Row>& rows, Scratch& s) const {
  const LayerScalars& scalars = layer.scalars;
  if (scalars.are_neutral()) return;
  const size_t dim = model_.config.dim;
  for (size_t r = 0; r < rows.size(); ++r) {
    StreamMix mix{
        s.embedding.data() + r * dim, nullptr, 0, scalars.stream, scalars.embedding, scalars.pair};
    if (model_.config.pair_rows > 0 && scalars.pair != 0) {
      const size_t row = pair_row(model_.config, rows[r].previous, rows[r].token);
      mix.pair = model_.pairs.weight.data() + row * dim;
      mix.pair_multiplier = model_.pairs.multiplier[row];
    }
    kernels_.mix_stream(mix, dim, s.x.data() + r * dim);
  }
}

void CpuRows::run(const std::vector<Row>& rows, int8_t* hidden, Scratch& s) const {
  const ModelConfig& c = model_.config;
  embed(rows, s);
  for (size_t l = 0; l < layers_.size(); ++l) {
    mix_stream(layers_[l].exact, rows, s);
    attention(l, rows, s);
    feed_forward(l, rows.size(), s);
  }
  kernels_.norm_signed(s.x.data(), rows.size(), c.dim, residual_norm_, hidden);
}

// Queries, keys and values of one row from the sums of their products.
void CpuRows::turn_heads(size_t index, const Row& row, int32_t* values, const int32_t* turns,
                         int8_t* queries, Scratch& s) const {
  const Layer& layer = layers_[index];
  const size_t d = model_.config.head_dim, heads = model_.config.heads, wide = heads * d;
  const Linear& qkv = layer.matrices[Layer::kQueryKeyValue];
  for (size_t part = 0, from = 0; part < 3; ++part) {
    const size_t n = part == 0 ? wide : d;
    kernels_.requantize(qkv.rescale(part, from), values + from, kLinearLimit, n, values + from);
    from += n;
  }
  kernels_.norm(values, heads + 1, d, head_norm_, s.normed.data());
  for (size_t h = 0; h < heads; ++h)
    kernels_.rotate(s.normed.data() + h * d, turns, d, queries + h * d);
  kernels_.rotate(s.normed.data() + wide, turns, d, s.key.data());
  int32_t* value = values + wide + d;
  if (const IntegerMatrix& added = layer.exact.value_embedding; added.rows > 0) {
    const size_t token = row.token;
    kernels_.add_row(added.weight.data() + token * d, added.multiplier[token], d, value);
  }
  kernels_.norm_signed(value, 1, d, value_norm_, s.value.data());
  kernels_.store_key_value(s.key.data(), s.value.data(), d, row.position % capacity_,
                           keys(*row.lane, index), this->values(*row.lane, index));
}

void CpuRows::attention(size_t index, const std::vector<Row>& rows, Scratch& s) const {
  const ModelConfig& c = model_.config;
  const size_t d = c.head_dim, wide = c.heads * d, all = wide + 2 * d;
  kernels_.norm_biased(s.x.data(), rows.size(), c.dim, residual_norm_, s.in.data());
  product(index, Layer::kQueryKeyValue, rows.size(), s);
  for (size_t r = 0; r < rows.size(); ++r) {
    turn_heads(index, rows[r], s.sums.data() + r * all, s.turns.data() + r * d,
               s.queries.data() + r * padded_heads_ * d, s);
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const uint64_t position = rows[r].position;
    const size_t visible = std::min<uint64_t>(position + 1, c.window);
    const AttentionView view{keys(*rows[r].lane, index),
                             values(*rows[r].lane, index),
                             capacity_,
                             d,
                             padded_heads_,
                             (position % capacity_ + capacity_ - (visible - 1)) % capacity_,
                             visible,
                             layers_[index].attention_multiplier.data()};
    // What a padded head writes lies where the next row will be.
    kernels_.attend(view, s.queries.data() + r * padded_heads_ * d, s.attention,
                    s.attended.data() + r * wide);
  }
  kernels_.norm_biased(s.attended.data(), rows.size(), wide, joint_norm_, s.in.data());
  add_product(index, Layer::kOutput, rows.size(), s);
}

// From s.in to s.sums.
void CpuRows::product(size_t index, size_t which, size_t rows, Scratch& s) const {
  layers_[index].matrices[which].product.run(s.in.data(), static_cast<uint32_t>(rows),
                                             s.sums.data(),
                                             s.calls[index * Layer::kMatrices + which]);
}

// What the products of s.in add to the stream.
void CpuRows::add_product(size_t index, size_t which, size_t rows, Scratch& s) const {
  const size_t dim = model_.config.dim;
  const Linear& matrix = layers_[index].matrices[which];
  product(index, which, rows, s);
  for (size_t r = 0; r < rows; ++r)
    kernels_.requantize_add(matrix.rescale(), s.sums.data() + r * dim, dim, s.x.data() + r * dim);
}

void CpuRows::feed_forward(size_t index, size_t rows, Scratch& s) const {
  const ModelConfig& c = model_.config;
  kernels_.norm_biased(s.x.data(), rows, c.dim, residual_norm_, s.in.data());
  const Linear& up = layers_[index].matrices[Layer::kUp];
  product(index, Layer::kUp, rows, s);
  for (size_t r = 0; r < rows; ++r) {
    int32_t* z = s.sums.data() + r * c.hidden;
    kernels_.requantize(up.rescale(), z, kHiddenLimit, c.hidden, z);
    kernels_.relu2(z, c.hidden, z);
    kernels_.norm_unsigned(z, 1, c.hidden, hidden_norm_, s.in.data() + r * c.hidden);
  }
  add_product(index, Layer::kDown, rows, s);
}

}  // namespace llmz::exact
