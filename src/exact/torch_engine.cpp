// SPDX-License-Identifier: Apache-2.0
// docs/exact-arithmetic.md as libtorch tensor operations: the body. Written to be read beside the
// document; all lanes of a call go through each operation together.
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "exact/imported_primitives.h"
#include "exact/torch_device.h"
#include "exact/torch_engine_lanes.h"
#include "exact/torch_engine_parts.h"
#include "exact/torch_engine_primitives.h"

namespace llmz {
namespace torch_exact {
namespace {

constexpr int64_t kStreamLimit = (int64_t{1} << 27) - 1;
constexpr int64_t kMaskedScore = -(int64_t{1} << 40);  // below every score

struct Layer {
  Matrix query, key, value, output, up, down;
  Matrix value_embedding;  // rows only where the layer has one
  LayerScalars scalars;
  Tensor attention_multiplier;  // int64 [heads][1]
};

// What the layers read beside the stream, in the rows of one advance().
struct Beside {
  Tensor embedding;  // x0
  Tensor pair;       // undefined without pairs
};

class TorchBody : public Body {
 public:
  TorchBody(const ExactModel& model, at::Device device)
      : config_(model.config),
        device_(device),
        lanes_(model.config, device),
        embedding_(load_table(model.embedding, device)),
        previous_(load_table(model.previous, device)),
        pairs_(load_table(model.pairs, device)) {
    for (const ExactLayer& layer : model.layers) {
      const auto matrix = [&](const IntegerMatrix& m, int64_t most) {
        return load_matrix(m, most, device);
      };
      layers_.push_back({matrix(layer.query, 127), matrix(layer.key, 127), matrix(layer.value, 127),
                         matrix(layer.output, 127), matrix(layer.up, 127), matrix(layer.down, 255),
                         load_table(layer.value_embedding, device), layer.scalars,
                         as_longs(layer.attention_multiplier, device).unsqueeze(1)});
    }
    rotary_.sine = as_longs(model.sine, device);
    rotary_.frequency = as_longs(model.rotary_frequency, device);
    lanes_.reset();
  }

  void reset() override { lanes_.reset(); }
  void fork(uint32_t source, uint32_t lanes) override { lanes_.fork(source, lanes); }
  std::unique_ptr<KeptState> keep(uint32_t lane) const override {
    return KeptStateOf<Lanes::Kept>::of(lanes_.keep(lane));
  }
  void resume(const KeptState& state) override {
    lanes_.resume(KeptStateOf<Lanes::Kept>::in(state));
  }

  void advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) override {
    const std::vector<Batch> batches = lanes_.batches_of(lanes);
    const Rows rows = lanes_.consume(lanes);
    if (rows.tokens.empty()) return;
    const Angles angles = angles_of(as_longs(rows.positions, device_), rotary_);
    Tensor x = embed(rows);
    const Beside beside = {x, pairs(rows)};
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = attend(mix_stream(x, beside, layers_[i].scalars), i, rows, batches, angles);
      x = feed_forward(x, layers_[i]);
    }
    const Tensor h = limit(norm(x, 16, 20), 127).to(at::kCPU, at::kChar).contiguous();
    std::memcpy(hidden, h.data_ptr(), static_cast<size_t>(h.numel()));
  }

 private:
  Tensor look_up(const Matrix& table, const std::vector<int64_t>& tokens) const {
    const Tensor index = as_longs(tokens, device_);
    return table.weight.index_select(0, index).to(at::kLong) *
           table.multiplier.index_select(0, index).unsqueeze(1);
  }

  Tensor embed(const Rows& rows) const {
    return limit(look_up(embedding_, rows.tokens) + look_up(previous_, rows.previous),
                 kStreamLimit);
  }

  Tensor pairs(const Rows& rows) const {
    if (config_.pair_rows == 0) return {};
    std::vector<int64_t> index;
    for (size_t i = 0; i < rows.tokens.size(); ++i) {
      index.push_back(pair_row(config_, static_cast<uint32_t>(rows.previous[i]),
                               static_cast<uint32_t>(rows.tokens[i])));
    }
    return look_up(pairs_, index);
  }

  // Step 0 of a layer.
  static Tensor mix_stream(const Tensor& x, const Beside& beside, const LayerScalars& scalars) {
    Tensor sum = x * scalars.stream + beside.embedding * scalars.embedding;
    if (beside.pair.defined()) sum = sum + beside.pair * scalars.pair;
    return limit(round_shift(sum, 14), kStreamLimit);
  }

  // Before its norm.
  Tensor value(const Tensor& a, const Layer& layer, const Rows& rows) const {
    const Tensor v = linear(a, layer.value);
    if (layer.value_embedding.weight.size(0) == 0) return v;
    return limit(v + look_up(layer.value_embedding, rows.tokens), kStreamLimit);
  }

  // Steps 1 to 5 of a layer.
  Tensor attend(const Tensor& x, size_t layer_index, const Rows& listed,
                const std::vector<Batch>& batches, const Angles& angles) {
    const Layer& layer = layers_[layer_index];
    const int64_t rows = x.size(0);
    const Angles of_heads = {angles.cosine.unsqueeze(1), angles.sine.unsqueeze(1)};
    const Tensor a = limit(norm(x, 16, 20), 127);
    const Tensor heads = linear(a, layer.query).view({rows, config_.heads, config_.head_dim});
    const Tensor q = rotate(norm(heads, 1024, 16), of_heads);
    const Tensor k = rotate(norm(linear(a, layer.key), 1024, 16), angles).to(at::kChar);
    const Tensor v = limit(norm(value(a, layer, listed), 16, 20), 127).to(at::kChar);

    std::vector<Tensor> outputs;
    for (const Batch& batch : batches) {
      const Tensor asked = q.narrow(0, batch.first, batch.lanes * batch.count);
      outputs.push_back(attention(asked, lanes_.seen(layer_index, batch, k, v), batch, layer));
    }
    const Tensor b = limit(norm(at::cat(outputs), 16, 20), 127);
    return limit(x + linear(b, layer.output), kStreamLimit);
  }

  // Step 4 for the lanes of a batch: q [rows of the batch][heads][head_dim], gives o [rows of the
  // batch][heads * head_dim].
  Tensor attention(const Tensor& q, const KeysAndValues& seen, const Batch& batch,
                   const Layer& layer) const {
    const int64_t heads = config_.heads, head_dim = config_.head_dim, keys = seen.keys.size(1);
    const Tensor k = seen.keys.to(carrier_of(127 * 127 * head_dim)).transpose(1, 2);
    const Tensor v = seen.values.to(carrier_of(255 * 127 * keys));
    const Tensor s = limit(product(q.reshape({batch.lanes, -1, head_dim}), k), 32767)
                         .view({batch.lanes, batch.count, heads, keys})
                         .masked_fill(batch.unseen, kMaskedScore);
    const Tensor u = (s.amax(-1, /*keepdim=*/true) - s).clamp_max(65535);
    const Power power = exp2_neg(shift_right(u * layer.attention_multiplier, 11) * 16);
    const Tensor e = shift_right(at::bitwise_right_shift(power.g, power.whole + 1) + 32, 6)
                         .clamp_max(255)
                         .masked_fill(batch.unseen, 0);
    const Tensor den = e.sum(-1, /*keepdim=*/true);
    const Tensor acc = product(e.view({batch.lanes, -1, keys}), v)
                           .view({batch.lanes, batch.count, heads, head_dim});
    const Tensor R = quotient(at::full_like(den, int64_t{1} << 38), den);
    return round_shift(acc * R, 28).reshape({q.size(0), -1});
  }

  // Steps 6 and 7 of a layer.
  Tensor feed_forward(const Tensor& x, const Layer& layer) const {
    const Tensor a = limit(norm(x, 16, 20), 127);
    const Tensor z = limit(linear(a, layer.up), 32767).clamp_min(0);
    const Tensor r = shift_right(z * z, 6);
    const Tensor c = norm(r, 12, 20).clamp_max(255);
    return limit(x + linear(c, layer.down), kStreamLimit);
  }

  const ModelConfig config_;
  const at::Device device_;
  Lanes lanes_;
  Matrix embedding_, previous_, pairs_;
  std::vector<Layer> layers_;
  RotaryTable rotary_;
};

}  // namespace

std::unique_ptr<Body> make_body(const ExactModel& model, at::Device device) {
  return std::make_unique<TorchBody>(model, device);
}

}  // namespace torch_exact

Engine make_torch_engine(const ExactModel& model, const std::string& device) {
  const at::Device place = parse_device(device);
  at::globalContext().setAllowTF32CuBLAS(false);  // it would round the factors to 11 bits
  auto workers = std::make_shared<exact::Workers>(static_cast<unsigned>(at::get_num_threads()));
  if (model.imported && place.is_cpu()) at::set_num_threads(1);  // workers.h says why
  auto body = model.imported ? torch_exact::make_imported_body(model, place, workers)
                             : torch_exact::make_body(model, place);
  return {"torch", std::move(body), torch_exact::make_head(model, place, workers)};
}

}  // namespace llmz
