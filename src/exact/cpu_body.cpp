// SPDX-License-Identifier: Apache-2.0
#include "exact/cpu_body.h"

#include <algorithm>

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

Linear::Linear(const std::vector<const IntegerMatrix*>& stacked, bool biased_input,
               unsigned members)
    : product(weights_of(stacked, stacked_weight), rows_of(stacked), stacked[0]->columns, members) {
  for (const IntegerMatrix* m : stacked) {
    for (uint32_t r = 0; r < m->rows; ++r) {
      int32_t sum = 0;
      for (uint32_t c = 0; c < m->columns; ++c)
        sum += m->weight[static_cast<size_t>(r) * m->columns + c];
      correction.push_back(biased_input ? 128 * sum : 0);
    }
    multiplier.insert(multiplier.end(), m->multiplier.begin(), m->multiplier.end());
    shifts.push_back(static_cast<int>(m->shift));
  }
}

struct CpuBody::Layer {
  Layer(const ExactLayer& layer, unsigned members)
      : exact(layer),
        attention_multiplier(layer.attention_multiplier),
        query_key_value({&layer.query, &layer.key, &layer.value}, true, members),
        output({&layer.output}, true, members),
        up({&layer.up}, true, members),
        down({&layer.down}, false, members) {
    attention_multiplier.resize((attention_multiplier.size() + 1) / 2 * 2, 0);  // padded_heads_
  }
  const ExactLayer& exact;
  std::vector<uint32_t> attention_multiplier;
  Linear query_key_value, output, up, down;
};

// What one thread needs for up to kMaxVectors rows.
struct CpuBody::Scratch {
  Scratch(const ModelConfig& c, size_t capacity, size_t padded_heads, unsigned thread)
      : member(thread) {
    const size_t m = IntegerProduct::kMaxVectors, wide = c.heads * c.head_dim + 2 * c.head_dim;
    const size_t widest = std::max<size_t>({c.hidden, wide, c.dim});
    x.resize(m * c.dim);
    embedding.resize(m * c.dim);
    in.resize(m * widest);
    sums.resize(m * widest);
    values.resize(widest);
    normed.resize(std::max<size_t>(widest, padded_heads * c.head_dim));
    queries.resize(m * padded_heads * c.head_dim);
    attended.resize(padded_heads * c.head_dim);
    narrow.resize(2 * c.head_dim);
    cosine.resize(m * c.head_dim / 2);
    sine.resize(m * c.head_dim / 2);
    attention.resize((kHeadGroup + kHeadGroup / 2) * capacity);
  }
  const unsigned member;  // of the team
  std::vector<int32_t> x, embedding, sums, values, normed, attended, attention;
  std::vector<uint8_t> in;
  std::vector<int16_t> queries, cosine, sine;
  std::vector<int8_t> narrow;
};

CpuBody::CpuBody(const ExactModel& model, std::shared_ptr<ThreadTeam> team)
    : model_(model), kernels_(cpu_kernels()), team_(std::move(team)) {
  const ModelConfig& c = model.config;
  capacity_ = c.window + kMaxTokensPerLane;
  static_assert(kMaxSlots == kMaxWindow + kMaxTokensPerLane);
  padded_heads_ = (c.heads + 1) / 2 * 2;
  keeps_embedding_ = std::any_of(model.layers.begin(), model.layers.end(),
                                 [](const ExactLayer& l) { return l.scalars.embedding != 0; });
  residual_norm_ = norm_settings(16, c.dim, 20);
  head_norm_ = norm_settings(1024, c.head_dim, 16);
  value_norm_ = norm_settings(16, c.head_dim, 20);
  joint_norm_ = norm_settings(16, c.heads * c.head_dim, 20);
  hidden_norm_ = norm_settings(12, c.hidden, 20);
  layers_.reserve(c.layers);
  for (const ExactLayer& layer : model.layers) layers_.emplace_back(layer, team_->members());
  for (unsigned i = 0; i < team_->members(); ++i) {
    scratch_.push_back(std::make_unique<Scratch>(c, capacity_, padded_heads_, i));
  }
  reset();
}

CpuBody::~CpuBody() = default;

void CpuBody::reset() {
  lanes_.assign(1, Lane{});
  lanes_[0].ring.assign(model_.config.layers * 2 * capacity_ * model_.config.head_dim, 0);
}

void CpuBody::fork(uint32_t source, uint32_t lanes) {
  std::swap(lanes_[0], lanes_[source]);
  lanes_.resize(lanes);
  for (uint32_t i = 1; i < lanes; ++i) lanes_[i] = lanes_[0];
}

int8_t* CpuBody::keys(Lane& lane, size_t layer) const {
  return lane.ring.data() + 2 * layer * capacity_ * model_.config.head_dim;
}

int8_t* CpuBody::values(Lane& lane, size_t layer) const {
  return lane.ring.data() + (2 * layer + 1) * capacity_ * model_.config.head_dim;
}

void CpuBody::advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) {
  size_t total = 0;
  for (const LaneTokens& l : lanes) total += l.count;
  const unsigned members = team_->members();
  std::vector<size_t> first(members + 1, lanes.size()), offset(members + 1, total);
  size_t index = 0, rows = 0;
  for (unsigned member = 0; member < members; ++member) {
    first[member] = index;
    offset[member] = rows;
    while (index < lanes.size() && rows * members < total * (member + 1))
      rows += lanes[index++].count;
  }
  team_->run([&](unsigned member) {
    run_group(lanes.data() + first[member], lanes.data() + first[member + 1],
              hidden + offset[member] * model_.config.dim, *scratch_[member]);
  });
}

void CpuBody::run_group(const LaneTokens* begin, const LaneTokens* end, int8_t* hidden,
                        Scratch& scratch) {
  std::vector<Row> rows;
  auto flush = [&] {
    run_rows(rows, hidden, scratch);
    hidden += rows.size() * model_.config.dim;
    rows.clear();
  };
  for (const LaneTokens* l = begin; l != end; ++l) {
    if (rows.size() + l->count > IntegerProduct::kMaxVectors) flush();
    Lane& lane = lanes_[l->lane];
    for (size_t i = 0; i < l->count; ++i) {
      rows.push_back({&lane, l->tokens[i], lane.last, lane.position});
      lane.last = l->tokens[i];
      ++lane.position;
    }
  }
  if (!rows.empty()) flush();
}

void CpuBody::embed(const std::vector<Row>& rows, Scratch& s) {
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
      s.sine[r * half + i] = model_.sine[k];
      s.cosine[r * half + i] = model_.sine[(k + 256) & 1023];
    }
  }
  if (keeps_embedding_) std::copy_n(s.x.begin(), rows.size() * c.dim, s.embedding.begin());
}

void CpuBody::mix_stream(const ExactLayer& layer, const std::vector<Row>& rows, Scratch& s) {
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

void CpuBody::run_rows(const std::vector<Row>& rows, int8_t* hidden, Scratch& s) {
  const ModelConfig& c = model_.config;
  embed(rows, s);
  for (size_t l = 0; l < layers_.size(); ++l) {
    mix_stream(layers_[l].exact, rows, s);
    attention(layers_[l], l, rows, s);
    feed_forward(layers_[l], rows.size(), s);
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    kernels_.norm(s.x.data() + r * c.dim, c.dim, residual_norm_, s.normed.data());
    kernels_.narrow_signed(s.normed.data(), c.dim, hidden + r * c.dim);
  }
}

void CpuBody::store_key_value(size_t layer, const Row& row, const int8_t* key,
                              const int8_t* value) {
  const size_t d = model_.config.head_dim, slot = row.position % capacity_;
  int8_t* k = keys(*row.lane, layer) + 2 * slot;
  for (size_t i = 0; i < d; i += 2, k += 2 * capacity_) {
    k[0] = key[i];
    k[1] = key[i + 1];
  }
  int8_t* v = values(*row.lane, layer) + slot / 2 * 2 * d + slot % 2;
  for (size_t i = 0; i < d; ++i) v[2 * i] = value[i];
}

void CpuBody::attention(const Layer& layer, size_t index, const std::vector<Row>& rows,
                        Scratch& s) {
  const ModelConfig& c = model_.config;
  const size_t d = c.head_dim, wide = c.heads * d, all = wide + 2 * d, half = d / 2;
  for (size_t r = 0; r < rows.size(); ++r) {
    kernels_.norm(s.x.data() + r * c.dim, c.dim, residual_norm_, s.normed.data());
    kernels_.narrow_biased(s.normed.data(), c.dim, s.in.data() + r * c.dim);
  }
  const Linear& qkv = layer.query_key_value;
  qkv.product.run(s.in.data(), static_cast<uint32_t>(rows.size()), s.sums.data(), s.member);
  for (size_t r = 0; r < rows.size(); ++r) {
    const int32_t* sums = s.sums.data() + r * all;
    for (size_t part = 0, from = 0; part < 3; ++part) {
      const size_t n = part == 0 ? wide : d;
      kernels_.requantize(sums + from, qkv.correction.data() + from, qkv.multiplier.data() + from,
                          qkv.shifts[part], kLinearLimit, n, s.values.data() + from);
      from += n;
    }
    const int16_t *cosine = s.cosine.data() + r * half, *sine = s.sine.data() + r * half;
    int16_t* q = s.queries.data() + r * padded_heads_ * d;
    for (size_t h = 0; h < c.heads; ++h, q += d) {
      kernels_.norm(s.values.data() + h * d, d, head_norm_, s.normed.data());
      kernels_.rotate(s.normed.data(), cosine, sine, d, s.narrow.data());
      std::copy(s.narrow.begin(), s.narrow.begin() + static_cast<std::ptrdiff_t>(d), q);
    }
    kernels_.norm(s.values.data() + wide, d, head_norm_, s.normed.data());
    kernels_.rotate(s.normed.data(), cosine, sine, d, s.narrow.data());
    int32_t* value = s.values.data() + wide + d;
    if (const IntegerMatrix& added = layer.exact.value_embedding; added.rows > 0) {
      const size_t token = rows[r].token;
      kernels_.add_row(added.weight.data() + token * d, added.multiplier[token], d, value);
    }
    kernels_.norm(value, d, value_norm_, s.normed.data());
    kernels_.narrow_signed(s.normed.data(), d, s.narrow.data() + d);
    store_key_value(index, rows[r], s.narrow.data(), s.narrow.data() + d);
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    const uint64_t position = rows[r].position;
    const size_t visible = std::min<uint64_t>(position + 1, c.window);
    AttentionView view{keys(*rows[r].lane, index),
                       values(*rows[r].lane, index),
                       capacity_,
                       d,
                       padded_heads_,
                       (position % capacity_ + capacity_ - (visible - 1)) % capacity_,
                       visible,
                       layer.attention_multiplier.data(),
                       attention_shift(c)};
    kernels_.attend(view, s.queries.data() + r * padded_heads_ * d, s.attention.data(),
                    s.attended.data());
    kernels_.norm(s.attended.data(), wide, joint_norm_, s.normed.data());
    kernels_.narrow_biased(s.normed.data(), wide, s.in.data() + r * wide);
  }
  layer.output.product.run(s.in.data(), static_cast<uint32_t>(rows.size()), s.sums.data(),
                           s.member);
  for (size_t r = 0; r < rows.size(); ++r) {
    kernels_.requantize_add(s.sums.data() + r * c.dim, layer.output.correction.data(),
                            layer.output.multiplier.data(), layer.output.shifts[0], c.dim,
                            s.x.data() + r * c.dim);
  }
}

void CpuBody::feed_forward(const Layer& layer, size_t rows, Scratch& s) {
  const ModelConfig& c = model_.config;
  for (size_t r = 0; r < rows; ++r) {
    kernels_.norm(s.x.data() + r * c.dim, c.dim, residual_norm_, s.normed.data());
    kernels_.narrow_biased(s.normed.data(), c.dim, s.in.data() + r * c.dim);
  }
  layer.up.product.run(s.in.data(), static_cast<uint32_t>(rows), s.sums.data(), s.member);
  for (size_t r = 0; r < rows; ++r) {
    kernels_.requantize(s.sums.data() + r * c.hidden, layer.up.correction.data(),
                        layer.up.multiplier.data(), layer.up.shifts[0], kHiddenLimit, c.hidden,
                        s.values.data());
    kernels_.relu2(s.values.data(), c.hidden, s.values.data());
    kernels_.norm(s.values.data(), c.hidden, hidden_norm_, s.normed.data());
    kernels_.narrow_unsigned(s.normed.data(), c.hidden, s.in.data() + r * c.hidden);
  }
  layer.down.product.run(s.in.data(), static_cast<uint32_t>(rows), s.sums.data(), s.member);
  for (size_t r = 0; r < rows; ++r) {
    kernels_.requantize_add(s.sums.data() + r * c.dim, layer.down.correction.data(),
                            layer.down.multiplier.data(), layer.down.shifts[0], c.dim,
                            s.x.data() + r * c.dim);
  }
}

}  // namespace llmz::exact
