// SPDX-License-Identifier: Apache-2.0
// docs/exact-imported.md in integer loops: the body. Names and steps are those of the document.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "exact/imported_cache.h"
#include "exact/imported_cpu.h"
#include "exact/imported_lanes.h"
#include "exact/imported_pass.h"
#include "exact/imported_rotary.h"

namespace llmz::exact {
namespace {

constexpr int64_t kStreamLimit = (int64_t{1} << 38) - 1, kHeadLimit = 32767,
                  kFeedForwardLimit = (int64_t{1} << 30) - 1;
constexpr size_t kMostRows = 128;  // of one pass: what is in hand stays in the caches

struct Layer {
  const int32_t *attention_gain, *feed_forward_gain;
  PackedMatrix query, key, value, output, gate, up, down;
  int64_t attention_multiplier;
  int attention_shift;
};

using Cache = std::shared_ptr<ImportedCache>;  // of one owner; null: holds nothing yet

class ImportedCpuBody : public CachedLanes<Cache> {
 public:
  ImportedCpuBody(const ExactModel& model, std::shared_ptr<Workers> workers,
                  const ImportedLoops& loops)
      : CachedLanes(model, kMostRows),
        workers_(std::move(workers)),
        loops_(loops),
        shape_(model.imported->shape),
        body_(*model.imported),
        rotary_(model) {
    const auto packed = [&](const ImportedMatrix& m, int64_t limit) {
      return PackedMatrix(m, limit, loops_);
    };
    for (const ImportedLayer& l : body_.layers) {
      layers_.push_back({l.attention_gain.data(), l.feed_forward_gain.data(),
                         packed(l.query, kHeadLimit), packed(l.key, kHeadLimit),
                         packed(l.value, kHeadLimit), packed(l.output, kStreamLimit),
                         packed(l.gate, kFeedForwardLimit), packed(l.up, kFeedForwardLimit),
                         packed(l.down, kStreamLimit), l.attention_multiplier,
                         static_cast<int>(l.attention_shift)});
    }
  }

 private:
  struct Row {
    ImportedCache* cache;
    size_t position;
    int64_t token;
  };

  Cache copy_of(const Cache& from, size_t positions) const override {
    if (!from) return nullptr;
    auto cache = std::make_shared<ImportedCache>(shape_);
    cache->copy_from(*from, positions);
    return cache;
  }

  void run(const Piece* pieces, size_t count) override {
    rows_.clear();
    for (size_t i = 0; i < count; ++i) {
      std::vector<int64_t>& held = held_[pieces[i].lane];
      Cache& cache = caches_[pieces[i].lane];
      if (!cache) cache = std::make_shared<ImportedCache>(shape_);
      for (int64_t token : pieces[i].rows) {
        rows_.push_back({cache.get(), held.size(), token});
        held.push_back(token);
      }
    }
    make_room();
    angles_.clear();
    for (const Row& row : rows_) angles_.push_back(rotary_.angles(row.position));
    each_row([&](int64_t r) { embed(r); });
    for (size_t i = 0; i < layers_.size(); ++i) {
      attend(i);
      feed_forward(layers_[i]);
    }
    give_hidden(pieces, count);
  }

  void make_room() {
    const size_t n = rows_.size(), d = shape_.dim, heads = size_t{shape_.heads} * shape_.head_dim;
    const auto wide = [&](WideRowsOf& rows, size_t columns) {
      rows.stride = padded(columns, kWideRows);
      rows.values.resize(n * rows.stride);
    };
    wide(x_, d);
    wide(more_, d);
    wide(query_, heads);
    wide(attended_, heads);
    wide(key_, size_t{shape_.kv_heads} * shape_.head_dim);
    wide(value_, size_t{shape_.kv_heads} * shape_.head_dim);
    wide(up_, shape_.hidden);
    if (shape_.gated) wide(gate_, shape_.hidden);
    normed_.resize(n, d);
    fitted_heads_.resize(n, heads);
    fitted_hidden_.resize(n, shape_.hidden);
    head_dim_ = padded(shape_.head_dim, kWideRows);
    turned_.assign(n * shape_.heads * head_dim_, 0);
  }

  template <class Work>
  void each_row(const Work& work) {
    workers_->for_each(static_cast<int64_t>(rows_.size()), work);
  }

  void multiply(const FittedRows& in, const std::vector<Product>& products) {
    exact::multiply(loops_, *workers_, in, products);
  }

  void embed(int64_t r) {
    const Row& row = rows_[static_cast<size_t>(r)];
    const IntegerMatrix& table = body_.embedding;
    const auto token = static_cast<size_t>(row.token);
    const int8_t* weight = table.weight.data() + token * shape_.dim;
    const int64_t multiplier = table.multiplier[token];
    const int64_t half = table.shift > 0 ? int64_t{1} << (table.shift - 1) : 0;
    const int32_t* position =
        shape_.learned_positions ? body_.positions.data() + row.position * shape_.dim : nullptr;
    int64_t* x = x_.row(r);
    for (size_t i = 0; i < shape_.dim; ++i) {
      const int64_t v = (weight[i] * multiplier + half) >> table.shift;
      x[i] = std::clamp(v + (position ? position[i] : 0), -kStreamLimit, kStreamLimit);
    }
  }

  void normalize(int64_t r, const int32_t* gain) {
    const WideNorm norm{gain, shape_.dim, body_.epsilon, shape_.layer_norm};
    const auto i = static_cast<size_t>(r);
    normed_.p[i] =
        loops_.norm(norm, x_.row(r), more_.row(r), normed_.a.data() + i * normed_.columns);
  }

  // Steps 1 to 4 of a layer.
  void attend(size_t layer_index) {
    const Layer& layer = layers_[layer_index];
    each_row([&](int64_t r) { normalize(r, layer.attention_gain); });
    multiply(normed_, {{&layer.query, &query_}, {&layer.key, &key_}, {&layer.value, &value_}});
    // By heads: neighbouring positions of a head share their lines of the cache.
    workers_->for_each(shape_.kv_heads, [&](int64_t kv) {
      for (size_t r = 0; r < rows_.size(); ++r) store_head(layer_index, r, static_cast<size_t>(kv));
    });
    // All rows of a head after each other: they see the same keys.
    const auto rows = static_cast<int64_t>(rows_.size());
    workers_->for_each(rows * shape_.heads, [&](int64_t i) {
      attend_head(layer_index, i % rows, static_cast<size_t>(i / rows));
    });
    each_row([&](int64_t r) {
      fit_row(loops_, attended_, size_t{shape_.heads} * shape_.head_dim, r, fitted_heads_);
    });
    multiply(fitted_heads_, {{&layer.output, &more_}});
    each_row([&](int64_t r) { loops_.add(x_.row(r), more_.row(r), shape_.dim); });
  }

  // Step 2 of a key-value head; its queries to turned_, as attention reads them.
  void store_head(size_t layer, size_t r, size_t kv) {
    const Row& row = rows_[r];
    const size_t dim = shape_.head_dim, queries = shape_.heads / shape_.kv_heads;
    const auto i = static_cast<int64_t>(r);
    int64_t* key = key_.row(i) + kv * dim;
    rotary_.rotate(angles_[r], key);
    row.cache->store(layer, kv, row.position, key, value_.row(i) + kv * dim, dim);
    for (size_t head = kv * queries; head < (kv + 1) * queries; ++head) {
      int64_t* query = query_.row(i) + head * dim;
      rotary_.rotate(angles_[r], query);
      int16_t* to = turned_.data() + (r * shape_.heads + head) * head_dim_;
      for (size_t k = 0; k < dim; ++k) to[k] = static_cast<int16_t>(query[k]);
    }
  }

  void attend_head(size_t layer_index, int64_t r, size_t head) {
    const Layer& layer = layers_[layer_index];
    const Row& row = rows_[static_cast<size_t>(r)];
    const size_t kv = head / (shape_.heads / shape_.kv_heads);
    const int16_t* query =
        turned_.data() + (static_cast<size_t>(r) * shape_.heads + head) * head_dim_;
    const WideAttention attention{query,
                                  row.cache->keys(layer_index, kv),
                                  row.cache->values(layer_index, kv),
                                  row.position + 1,
                                  shape_.head_dim,
                                  head_dim_,
                                  layer.attention_multiplier,
                                  layer.attention_shift};
    loops_.attend(attention, attended_.row(r) + head * shape_.head_dim);
  }

  // Steps 5 and 6 of a layer.
  void feed_forward(const Layer& layer) {
    each_row([&](int64_t r) { normalize(r, layer.feed_forward_gain); });
    std::vector<Product> products = {{&layer.up, &up_}};
    if (shape_.gated) products.push_back({&layer.gate, &gate_});
    multiply(normed_, products);
    each_row([&](int64_t r) {
      if (shape_.gated) {
        loops_.gate(shape_.activation, gate_.row(r), up_.row(r), shape_.hidden);
      } else {
        loops_.activate(shape_.activation, up_.row(r), shape_.hidden);
      }
      fit_row(loops_, shape_.gated ? gate_ : up_, shape_.hidden, r, fitted_hidden_);
    });
    multiply(fitted_hidden_, {{&layer.down, &more_}});
    each_row([&](int64_t r) { loops_.add(x_.row(r), more_.row(r), shape_.dim); });
  }

  void give_hidden(const Piece* pieces, size_t count) {
    const WideNorm norm{body_.final_gain.data(), shape_.dim, body_.epsilon, shape_.layer_norm};
    int64_t r = 0;
    for (size_t i = 0; i < count; ++i) {
      int8_t* to = pieces[i].hidden;
      for (size_t k = 0; k < pieces[i].rows.size(); ++k, ++r) {
        if (!to) continue;
        loops_.hidden(norm, body_.final_bias.data(), x_.row(r), more_.row(r), to);
        to[shape_.dim] = 127;
        to += shape_.dim + 1;
      }
    }
  }

  const std::shared_ptr<Workers> workers_;
  const ImportedLoops& loops_;
  const ImportedShape shape_;
  const ImportedBody& body_;
  const Rotary rotary_;
  std::vector<Layer> layers_;
  // Of one pass.
  std::vector<Row> rows_;
  std::vector<Rotary::Angles> angles_;  // of each row's position
  size_t head_dim_ = 0;                 // padded
  std::vector<int16_t> turned_;         // the queries [rows][heads][head_dim_]
  WideRowsOf x_, more_, query_, key_, value_, attended_, up_, gate_;
  FittedRows normed_, fitted_heads_, fitted_hidden_;
};

}  // namespace

std::unique_ptr<Body> make_imported_cpu_body(const ExactModel& model,
                                             std::shared_ptr<Workers> workers,
                                             const ImportedLoops& loops) {
  return std::make_unique<ImportedCpuBody>(model, std::move(workers), loops);
}

}  // namespace llmz::exact
