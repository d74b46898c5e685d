// SPDX-License-Identifier: Apache-2.0
// docs/exact-arithmetic.md as libtorch tensor operations: the body. Written to be read beside the
// document, not to be fast.
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "exact/imported_lanes.h"
#include "exact/torch_device.h"
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

// What a lane remembers. Tensors are never changed in place, so a copy of a lane may share them.
struct Lane {
  uint32_t position = 0;    // tokens consumed
  uint32_t last_token = 0;  // at the start, the NUL byte
  std::vector<Tensor> keys,
      values;  // per layer int8 [min(consumed, window)][head_dim], oldest first
};

// The rows of one advance(): row i is one token of one lane.
struct Rows {
  std::vector<int64_t> tokens, previous, positions;
};

// For `count` new tokens and `total` keys, theirs last: which keys each token sees, bool
// [count][1][total].
Tensor sight(int64_t count, int64_t total, int64_t window, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(device);
  const Tensor own = at::arange(total - count, total, options).view({count, 1, 1});
  const Tensor key = at::arange(total, options);
  return at::logical_and(key <= own, key > own - window);
}

class TorchBody : public Body {
 public:
  TorchBody(const ExactModel& model, at::Device device)
      : config_(model.config),
        device_(device),
        embedding_(load_table(model.embedding, device)),
        previous_(load_table(model.previous, device)),
        pairs_(load_table(model.pairs, device)) {
    for (const ExactLayer& layer : model.layers) {
      const std::vector<uint32_t>& multiplier = layer.attention_multiplier;
      layers_.push_back({load_matrix(layer.query, device), load_matrix(layer.key, device),
                         load_matrix(layer.value, device), load_matrix(layer.output, device),
                         load_matrix(layer.up, device), load_matrix(layer.down, device),
                         load_table(layer.value_embedding, device), layer.scalars,
                         on_device({multiplier.begin(), multiplier.end()}).unsqueeze(1)});
    }
    rotary_.sine = on_device({model.sine.begin(), model.sine.end()});
    rotary_.frequency = on_device({model.rotary_frequency.begin(), model.rotary_frequency.end()});
    reset();
  }

  void reset() override {
    Lane lane;
    const Tensor none =
        at::empty({0, config_.head_dim}, at::TensorOptions(at::kChar).device(device_));
    lane.keys.assign(layers_.size(), none);
    lane.values.assign(layers_.size(), none);
    lanes_.assign(1, lane);
  }

  void fork(uint32_t source, uint32_t lanes) override {
    if (source >= lanes_.size())
      throw Error(ErrorKind::kInternal, "fork: there is no lane " + std::to_string(source));
    lanes_ = std::vector<Lane>(lanes, Lane(lanes_[source]));
  }

  std::unique_ptr<KeptState> keep(uint32_t lane) const override {
    return KeptStateOf<Lane>::of(lanes_.at(lane));
  }
  void resume(const KeptState& state) override { lanes_.assign(1, KeptStateOf<Lane>::in(state)); }

  void advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) override {
    const Rows rows = consume(lanes);
    if (rows.tokens.empty()) return;
    const Angles angles = angles_of(on_device(rows.positions), rotary_);
    Tensor x = embed(rows);
    const Beside beside = {x, pairs(rows)};
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = attend(mix_stream(x, beside, layers_[i].scalars), i, rows, lanes, angles);
      x = feed_forward(x, layers_[i]);
    }
    const Tensor h = limit(norm(x, 16, 20), 127).to(at::kCPU, at::kChar).contiguous();
    std::memcpy(hidden, h.data_ptr(), static_cast<size_t>(h.numel()));
  }

 private:
  Tensor on_device(std::vector<int64_t> values) const {
    return at::from_blob(values.data(), {static_cast<int64_t>(values.size())}, at::kLong)
        .clone()
        .to(device_);
  }

  // Lists the rows and moves the lanes' positions and last tokens past them.
  Rows consume(const std::vector<LaneTokens>& lanes) {
    exact::check_lanes(lanes, lanes_.size(), config_.vocabulary);
    Rows rows;
    for (const LaneTokens& part : lanes) {
      Lane& lane = lanes_[part.lane];
      for (size_t i = 0; i < part.count; ++i) {
        rows.tokens.push_back(part.tokens[i]);
        rows.previous.push_back(lane.last_token);
        rows.positions.push_back(lane.position++);
        lane.last_token = part.tokens[i];
      }
    }
    return rows;
  }

  Tensor look_up(const Matrix& table, const std::vector<int64_t>& tokens) const {
    const Tensor index = on_device(tokens);
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
                const std::vector<LaneTokens>& lanes, const Angles& angles) {
    const Layer& layer = layers_[layer_index];
    const int64_t rows = x.size(0);
    const Angles of_heads = {angles.cosine.unsqueeze(1), angles.sine.unsqueeze(1)};
    const Tensor a = limit(norm(x, 16, 20), 127);
    const Tensor heads = linear(a, layer.query).view({rows, config_.heads, config_.head_dim});
    const Tensor q = rotate(norm(heads, 1024, 16), of_heads);
    const Tensor k = rotate(norm(linear(a, layer.key), 1024, 16), angles).to(at::kChar);
    const Tensor v = limit(norm(value(a, layer, listed), 16, 20), 127).to(at::kChar);

    std::vector<Tensor> outputs;
    int64_t first = 0;
    for (const LaneTokens& part : lanes) {
      const auto count = static_cast<int64_t>(part.count);
      Lane& lane = lanes_[part.lane];
      const Tensor keys = at::cat({lane.keys[layer_index], k.narrow(0, first, count)});
      const Tensor values = at::cat({lane.values[layer_index], v.narrow(0, first, count)});
      outputs.push_back(attention(q.narrow(0, first, count), keys, values, layer));
      lane.keys[layer_index] = newest(keys);
      lane.values[layer_index] = newest(values);
      first += count;
    }
    const Tensor b = limit(norm(at::cat(outputs), 16, 20), 127);
    return limit(x + linear(b, layer.output), kStreamLimit);
  }

  Tensor newest(const Tensor& all) const {
    const int64_t kept = std::min<int64_t>(all.size(0), config_.window);
    return all.narrow(0, all.size(0) - kept, kept);
  }

  // Step 4 for the newest tokens of one lane: q [count][heads][head_dim], keys and values
  // [total][head_dim], gives o [count][heads * head_dim].
  Tensor attention(const Tensor& q, const Tensor& keys, const Tensor& values,
                   const Layer& layer) const {
    const int64_t count = q.size(0);
    const Tensor unseen = sight(count, keys.size(0), config_.window, device_).logical_not();
    const Tensor s = limit(product(q, keys.t()), 32767).masked_fill(unseen, kMaskedScore);
    const Tensor u = (s.amax(-1, /*keepdim=*/true) - s).clamp_max(65535);
    const Power power = exp2_neg(shift_right(u * layer.attention_multiplier, 11) * 16);
    const Tensor e = shift_right(at::bitwise_right_shift(power.g, power.whole + 1) + 32, 6)
                         .clamp_max(255)
                         .masked_fill(unseen, 0);
    const Tensor den = e.sum(-1, /*keepdim=*/true);
    const Tensor acc = product(e, values);
    const Tensor R = quotient(at::full_like(den, int64_t{1} << 38), den);
    return round_shift(acc * R, 28).reshape({count, -1});
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
  Matrix embedding_, previous_, pairs_;
  std::vector<Layer> layers_;
  RotaryTable rotary_;
  std::vector<Lane> lanes_;
};

}  // namespace

std::unique_ptr<Body> make_body(const ExactModel& model, at::Device device) {
  return std::make_unique<TorchBody>(model, device);
}

}  // namespace torch_exact

Engine make_torch_engine(const ExactModel& model, const std::string& device) {
  const at::Device place = parse_device(device);
  auto workers = std::make_shared<exact::Workers>(static_cast<unsigned>(at::get_num_threads()));
  if (model.imported && place.is_cpu()) at::set_num_threads(1);  // workers.h says why
  auto body = model.imported ? torch_exact::make_imported_body(model, place, workers)
                             : torch_exact::make_body(model, place);
  return {"torch", std::move(body), torch_exact::make_head(model, place, workers)};
}

}  // namespace llmz
