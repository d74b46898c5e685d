// SPDX-License-Identifier: Apache-2.0
// docs/exact-imported.md as libtorch tensor operations: the body. Written to be read beside the
// document.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "exact/imported_kernels.h"
#include "exact/imported_lanes.h"
#include "exact/imported_primitives.h"
#include "exact/torch_engine_parts.h"

namespace llmz::torch_exact {
namespace {

constexpr int64_t kMaskedScore = -(int64_t{1} << 40);  // below every score
constexpr int64_t kFeedForwardLimit = (int64_t{1} << 30) - 1;
constexpr size_t kMaxRows = 1024;  // of one pass through the layers; bounds the memory

struct Layer {
  Tensor attention_gain, feed_forward_gain;
  WideMatrix query, key, value, output, gate, up, down;
  int64_t attention_multiplier, attention_shift;
};

// The keys and values of a lane, per layer: int16 [kv_heads][positions][head_dim].
struct Cache {
  std::vector<Tensor> keys, values;
};

class ImportedTorchBody : public exact::CachedLanes<Cache> {
 public:
  ImportedTorchBody(const ExactModel& model, at::Device device, std::shared_ptr<Workers> workers)
      : CachedLanes(model, kMaxRows),
        workers_(std::move(workers)),
        shape_(model.imported->shape),
        epsilon_(model.imported->epsilon),
        device_(device),
        embedding_(load_table(model.imported->embedding, device)) {
    const ImportedBody& body = *model.imported;
    for (const ImportedLayer& layer : body.layers) {
      layers_.push_back({as_longs(layer.attention_gain, device),
                         as_longs(layer.feed_forward_gain, device), load_wide(layer.query, device),
                         load_wide(layer.key, device), load_wide(layer.value, device),
                         load_wide(layer.output, device), load_wide(layer.gate, device),
                         load_wide(layer.up, device), load_wide(layer.down, device),
                         layer.attention_multiplier, layer.attention_shift});
    }
    if (shape_.learned_positions) {
      positions_ = as_longs(body.positions, device).view({shape_.positions, shape_.dim});
    } else {
      rotary_ = {as_longs(model.sine, device), as_longs(model.rotary_frequency, device)};
    }
    final_gain_ = as_longs(body.final_gain, device);
    final_bias_ = as_longs(body.final_bias, device);
  }

 private:
  void run(const Piece* pieces, size_t count) override {
    std::vector<int64_t> rows, positions;
    bool wanted = false;
    for (size_t i = 0; i < count; ++i) {
      std::vector<int64_t>& held = held_[pieces[i].lane];
      Cache& cache = caches_[pieces[i].lane];
      if (cache.keys.empty()) allocate(cache);
      for (int64_t row : pieces[i].rows) {
        positions.push_back(static_cast<int64_t>(held.size()));
        held.push_back(row);
        rows.push_back(row);
      }
      wanted = wanted || pieces[i].hidden != nullptr;
    }
    Tensor x = embed(rows, positions);
    WideAngles angles;
    if (!shape_.learned_positions) angles = wide_angles(as_longs(positions, device_), rotary_);
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = attend(x, i, pieces, count, angles);
      x = feed_forward(x, layers_[i]);
    }
    if (wanted) give_hidden(x, pieces, count);
  }

  Tensor embed(const std::vector<int64_t>& rows, const std::vector<int64_t>& positions) const {
    const Tensor index = as_longs(rows, device_);
    const Tensor product = embedding_.weight.index_select(0, index).to(at::kLong) *
                           embedding_.multiplier.index_select(0, index).unsqueeze(1);
    Tensor x = round_shift(product, embedding_.shift);
    if (positions_.defined()) x = x + positions_.index_select(0, as_longs(positions, device_));
    return limit(x, kWideLimit);
  }

  // Steps 1 to 4 of a layer.
  Tensor attend(const Tensor& x, size_t layer_index, const Piece* pieces, size_t count,
                const WideAngles& angles) {
    const Layer& layer = layers_[layer_index];
    const int64_t rows = x.size(0), kv_heads = shape_.kv_heads, head_dim = shape_.head_dim;
    const Fitted a = fit(wide_norm(x, layer.attention_gain, epsilon_, shape_.layer_norm));
    Tensor q =
        limit(wide_linear(a, layer.query, *workers_), 32767).view({rows, shape_.heads, head_dim});
    Tensor k = limit(wide_linear(a, layer.key, *workers_), 32767).view({rows, kv_heads, head_dim});
    const Tensor v =
        limit(wide_linear(a, layer.value, *workers_), 32767).view({rows, kv_heads, head_dim});
    if (!shape_.learned_positions) {
      q = wide_rotate(q, angles);
      k = wide_rotate(k, angles);
    }
    std::vector<Tensor> outputs;
    int64_t first = 0;
    for (size_t i = 0; i < count; ++i) {
      const auto fresh = static_cast<int64_t>(pieces[i].rows.size());
      Cache& cache = caches_[pieces[i].lane];
      const auto total = static_cast<int64_t>(held_[pieces[i].lane].size());
      const Tensor keys = join(cache.keys[layer_index], k.narrow(0, first, fresh), total);
      const Tensor values = join(cache.values[layer_index], v.narrow(0, first, fresh), total);
      const Tensor own = q.narrow(0, first, fresh);
      outputs.push_back(device_.is_cpu() ? attention_on_processor(own, keys, values, layer)
                                         : attention(own, keys, values, layer));
      first += fresh;
    }
    return limit(x + wide_linear(fit(at::cat(outputs)), layer.output, *workers_), kWideLimit);
  }

  // Puts fresh [count][kv_heads][head_dim] behind what the cache holds; gives all that it holds
  // then.
  static Tensor join(Tensor& cache, const Tensor& fresh, int64_t total) {
    const int64_t count = fresh.size(0);
    cache.narrow(1, total - count, count).copy_(fresh.transpose(0, 1));
    return cache.narrow(1, 0, total);
  }

  // Step 3 as attention() below has it, in plain loops.
  Tensor attention_on_processor(const Tensor& q, const Tensor& keys, const Tensor& values,
                                const Layer& layer) const {
    const int64_t fresh = q.size(0), total = keys.size(1), heads = shape_.heads;
    const int64_t group = shape_.heads / shape_.kv_heads, head_dim = shape_.head_dim;
    const Tensor query = q.to(at::kShort).contiguous();
    const Tensor out = at::empty({fresh, heads * head_dim}, at::kLong);
    workers_->for_each(fresh * heads, [&](int64_t i) {
      std::vector<double> weights(static_cast<size_t>(total));
      const int64_t kv = i % heads / group, seen = total - fresh + i / heads + 1;
      exact::attend(query.data_ptr<int16_t>() + i * head_dim,
                    keys.data_ptr<int16_t>() + kv * keys.stride(0),
                    values.data_ptr<int16_t>() + kv * values.stride(0), static_cast<size_t>(seen),
                    static_cast<size_t>(head_dim), layer.attention_multiplier,
                    layer.attention_shift, weights.data(), out.data_ptr<int64_t>() + i * head_dim);
    });
    return out;
  }

  // Step 3 for the newest tokens of one lane: q [count][heads][head_dim], keys and values
  // [kv_heads][total][head_dim], gives o [count][heads * head_dim].
  Tensor attention(const Tensor& q, const Tensor& keys, const Tensor& values,
                   const Layer& layer) const {
    const int64_t count = q.size(0), kv_heads = shape_.kv_heads, head_dim = shape_.head_dim;
    const int64_t group = shape_.heads / kv_heads, total = keys.size(1);
    const Tensor grouped = q.view({count, kv_heads, group, head_dim})
                               .permute({1, 2, 0, 3})
                               .reshape({kv_heads, group * count, head_dim});
    Tensor s = product(grouped, keys.transpose(1, 2)).view({kv_heads, group, count, total});
    const auto options = at::TensorOptions().dtype(at::kLong).device(device_);
    const Tensor own = at::arange(total - count, total, options).unsqueeze(1);
    const Tensor unseen = at::arange(total, options) > own;  // [count][total]
    s = s.masked_fill(unseen, kMaskedScore);
    const Tensor u = (s.amax(-1, /*keepdim=*/true) - s).clamp_max((int64_t{1} << 38) - 1);
    const Power power =
        exp2_neg(shift_right(u * layer.attention_multiplier, layer.attention_shift));
    const Tensor e = at::bitwise_right_shift(power.g * 512, power.whole).masked_fill(unseen, 0);
    const Tensor den = e.sum(-1, /*keepdim=*/true);
    const Tensor acc = product(e.view({kv_heads, group * count, total}), values)
                           .view({kv_heads, group, count, head_dim});
    const Tensor o = floor_quotient(acc * 4096 + shift_right(den, 1), den);
    return o.permute({2, 0, 1, 3}).reshape({count, -1});
  }

  // Steps 5 and 6 of a layer.
  Tensor feed_forward(const Tensor& x, const Layer& layer) const {
    const Fitted a = fit(wide_norm(x, layer.feed_forward_gain, epsilon_, shape_.layer_norm));
    const Tensor z = limit(wide_linear(a, layer.up, *workers_), kFeedForwardLimit);
    Tensor c;
    if (shape_.gated) {
      const Tensor y = limit(wide_linear(a, layer.gate, *workers_), kFeedForwardLimit);
      c = limit(round_shift(activate(y, shape_.activation) * z, 20), kWideLimit);
    } else {
      c = activate(z, shape_.activation);
    }
    return limit(x + wide_linear(fit(c), layer.down, *workers_), kWideLimit);
  }

  void give_hidden(const Tensor& x, const Piece* pieces, size_t count) const {
    const Tensor unit = wide_unit(x, epsilon_, shape_.layer_norm);
    const Tensor h = limit(round_shift(unit * final_gain_ + final_bias_, 32), 127);
    const Tensor constant = at::full({h.size(0), 1}, 127, h.options());
    const Tensor all = at::cat({h, constant}, 1).to(at::kCPU, at::kChar).contiguous();
    const auto* from = static_cast<const int8_t*>(all.data_ptr());
    for (size_t i = 0; i < count; ++i) {
      const size_t bytes = pieces[i].rows.size() * (shape_.dim + 1);
      if (pieces[i].hidden) std::memcpy(pieces[i].hidden, from, bytes);
      from += bytes;
    }
  }

  void allocate(Cache& cache) const {
    const auto options = at::TensorOptions().dtype(at::kShort).device(device_);
    for (size_t i = 0; i < layers_.size(); ++i) {
      for (auto* part : {&cache.keys, &cache.values})
        part->push_back(at::empty({shape_.kv_heads, shape_.positions, shape_.head_dim}, options));
    }
  }

  Cache copy_of(const Cache& from, size_t positions) const override {
    Cache cache;
    if (from.keys.empty()) return cache;
    allocate(cache);
    const auto count = static_cast<int64_t>(positions);
    for (size_t i = 0; i < layers_.size(); ++i) {
      cache.keys[i].narrow(1, 0, count).copy_(from.keys[i].narrow(1, 0, count));
      cache.values[i].narrow(1, 0, count).copy_(from.values[i].narrow(1, 0, count));
    }
    return cache;
  }

  const std::shared_ptr<Workers> workers_;
  const ImportedShape shape_;
  const int64_t epsilon_;
  const at::Device device_;
  Matrix embedding_;
  std::vector<Layer> layers_;
  Tensor positions_;    // undefined where they are rotary
  RotaryTable rotary_;  // empty where they are learned
  Tensor final_gain_, final_bias_;
};

}  // namespace

std::unique_ptr<Body> make_imported_body(const ExactModel& model, at::Device device,
                                         std::shared_ptr<Workers> workers) {
  return std::make_unique<ImportedTorchBody>(model, device, std::move(workers));
}

}  // namespace llmz::torch_exact
