// SPDX-License-Identifier: Apache-2.0
#include "exact/torch_engine_lanes.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "exact/imported_lanes.h"
#include "exact/imported_primitives.h"

namespace llmz::torch_exact {
namespace {

constexpr int64_t kScoresAtOnce = int64_t{1} << 22;  // 32 MB for each of a few tensors of them

// consumed [lanes], before these `count` tokens.
Tensor unseen_keys(const Tensor& consumed, int64_t count, int64_t window) {
  const Tensor before = consumed.view({-1, 1});
  const Tensor slots = at::arange(window, before.options());
  const Tensor held = before - 1 - at::remainder(before - 1 - slots, window);
  const Tensor own = before + at::arange(count, before.options());
  const Tensor key = at::cat({held, own}, 1).view({-1, 1, 1, window + count});
  const Tensor token = own.view({-1, count, 1, 1});
  const Tensor later = key > token, forgotten = key <= token - window, empty = key.lt(0);
  return at::logical_or(at::logical_or(later, forgotten), empty);
}

// Copies of one lane's, for so many.
std::vector<KeysAndValues> copies_of(const std::vector<KeysAndValues>& all, int64_t lane,
                                     int64_t lanes) {
  std::vector<KeysAndValues> out;
  for (const KeysAndValues& layer : all) {
    out.push_back({layer.keys.narrow(0, lane, 1).repeat({lanes, 1, 1}),
                   layer.values.narrow(0, lane, 1).repeat({lanes, 1, 1})});
  }
  return out;
}

Tensor with_newest(const Tensor& held, const Tensor& newest, const Batch& batch) {
  return at::cat(
      {held.index_select(0, batch.lane), newest.narrow(0, batch.first, batch.lanes * batch.count)
                                             .view({batch.lanes, batch.count, -1})},
      1);
}

void hold(Tensor held, const Tensor& newest, const Batch& batch) {
  held.view({-1, held.size(2)}).index_copy_(0, batch.slot, newest.index_select(0, batch.row));
}

}  // namespace

void Lanes::reset() {
  lanes_.assign(1, {});
  const Tensor none = at::zeros({1, config_.window, config_.head_dim},
                                at::TensorOptions(at::kChar).device(device_));
  held_.clear();
  for (uint32_t i = 0; i < config_.layers; ++i) held_.push_back({none.clone(), none.clone()});
}

void Lanes::fork(uint32_t source, uint32_t lanes) {
  if (source >= lanes_.size())
    throw Error(ErrorKind::kInternal, "fork: there is no lane " + std::to_string(source));
  lanes_ = std::vector<Lane>(lanes, Lane(lanes_[source]));
  held_ = copies_of(held_, source, lanes);
}

Lanes::Kept Lanes::keep(uint32_t lane) const {
  return {lanes_.at(lane), copies_of(held_, lane, 1)};
}

void Lanes::resume(const Kept& kept) {
  lanes_.assign(1, kept.lane);
  held_ = copies_of(kept.held, 0, 1);
}

std::vector<Batch> Lanes::batches_of(const std::vector<LaneTokens>& lanes) const {
  exact::check_lanes(lanes, lanes_.size(), config_.vocabulary);
  std::vector<Batch> batches;
  int64_t first = 0;
  for (size_t begin = 0, end = 0; begin < lanes.size(); begin = end) {
    const auto count = static_cast<int64_t>(lanes[begin].count);
    const int64_t scores = std::max<int64_t>(count, 1) * config_.heads * (config_.window + count);
    const auto most = static_cast<size_t>(std::max<int64_t>(kScoresAtOnce / scores, 1));
    while (end < lanes.size() && end - begin < most && lanes[end].count == lanes[begin].count)
      ++end;
    if (count > 0) batches.push_back(batch_of(&lanes[begin], end - begin, first));
    first += count * static_cast<int64_t>(end - begin);
  }
  return batches;
}

Batch Lanes::batch_of(const LaneTokens* lanes, size_t lane_count, int64_t first) const {
  const auto count = static_cast<int64_t>(lanes[0].count);
  const int64_t window = config_.window;
  std::vector<int64_t> which, consumed, row, slot;
  for (size_t i = 0; i < lane_count; ++i) {
    const int64_t lane = lanes[i].lane, before = lanes_[lanes[i].lane].consumed;
    which.push_back(lane);
    consumed.push_back(before);
    for (int64_t t = std::max<int64_t>(count - window, 0); t < count; ++t) {
      row.push_back(first + static_cast<int64_t>(i) * count + t);
      slot.push_back(lane * window + (before + t) % window);
    }
  }
  Batch batch;
  batch.first = first;
  batch.lanes = static_cast<int64_t>(lane_count);
  batch.count = count;
  batch.lane = as_longs(which, device_);
  batch.unseen = unseen_keys(as_longs(consumed, device_), count, window);
  batch.row = as_longs(row, device_);
  batch.slot = as_longs(slot, device_);
  return batch;
}

Rows Lanes::consume(const std::vector<LaneTokens>& lanes) {
  Rows rows;
  for (const LaneTokens& part : lanes) {
    Lane& lane = lanes_[part.lane];
    for (size_t i = 0; i < part.count; ++i) {
      rows.tokens.push_back(part.tokens[i]);
      rows.previous.push_back(lane.last_token);
      rows.positions.push_back(lane.consumed++ & 0xffffffff);
      lane.last_token = part.tokens[i];
    }
  }
  return rows;
}

KeysAndValues Lanes::seen(size_t layer, const Batch& batch, const Tensor& keys,
                          const Tensor& values) {
  const KeysAndValues& held = held_[layer];
  KeysAndValues all = {with_newest(held.keys, keys, batch),
                       with_newest(held.values, values, batch)};
  hold(held.keys, keys, batch);
  hold(held.values, values, batch);
  return all;
}

}  // namespace llmz::torch_exact
