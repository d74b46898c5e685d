// SPDX-License-Identifier: Apache-2.0
// docs/exact-arithmetic.md as libtorch tensor operations: the head, its frequencies and its
// learning.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "exact/imported_primitives.h"
#include "exact/torch_engine_parts.h"
#include "exact/torch_engine_primitives.h"

namespace llmz::torch_exact {
namespace {

constexpr int64_t kTotal = int64_t{1} << 24;            // T
constexpr int64_t kMasterLimit = int64_t{32767} << 15;  // of imported models
constexpr int64_t kLargestUnit = 8454400;

class TorchHead : public Head {
 public:
  TorchHead(const ExactModel& model, at::Device device, std::shared_ptr<Workers> workers)
      : workers_(std::move(workers)),
        vocabulary_(model.config.vocabulary),
        dim_(model.config.dim),
        threshold_(model.learning.threshold),
        device_(device) {
    if (model.imported) {
      const Tensor weight = to_device(model.imported->head.data(), at::kShort, {vocabulary_, dim_});
      initial_ = (weight.to(at::kLong) * (1 << 15)).to(at::kInt);
    } else {
      const Matrix head = load_table(model.head, device);
      unit_ = head.multiplier.clamp_max(kLargestUnit);
      const Tensor most = at::full_like(unit_, int64_t{1} << 33);
      inverse_ = quotient(most, unit_.clamp_min(1)).clamp_max((int64_t{1} << 31) - 1);
      initial_ = (head.weight.to(at::kLong) * 256 + places()).to(at::kInt);
    }
    reset(model.learning.rate);
  }

  void reset(uint32_t rate) override {
    rate_ = rate;
    master_ = initial_.clone();
    view_ = view_of(master_);
  }

  std::unique_ptr<KeptState> keep() const override {
    return KeptStateOf<Learned>::of({rate_, master_.clone()});
  }
  void resume(const KeptState& state) override {
    const Learned& learned = KeptStateOf<Learned>::in(state);
    rate_ = learned.rate;
    master_ = learned.master.clone();
    view_ = view_of(master_);
  }

  void frequencies(const int8_t* hidden, size_t rows, uint32_t* out) override {
    if (rows == 0) return;
    const Tensor f = frequencies_of(logits_of(hidden, rows)).to(at::kCPU, at::kInt).contiguous();
    std::memcpy(out, f.data_ptr(), static_cast<size_t>(f.numel()) * sizeof(uint32_t));
  }

  void logits(const int8_t* hidden, size_t rows, int32_t* out) override {
    if (rows == 0) return;
    const Tensor l = logits_of(hidden, rows).to(at::kCPU, at::kInt).contiguous();
    std::memcpy(out, l.data_ptr(), static_cast<size_t>(l.numel()) * sizeof(int32_t));
  }

  void learn(const int8_t* hidden, const uint32_t* frequencies, const uint32_t* tokens,
             size_t rows) override {
    if (rate_ == 0) return;
    constexpr size_t kGroup = 16;
    for (size_t row = 0; row < rows; row += kGroup) {
      const int64_t n = static_cast<int64_t>(std::min(kGroup, rows - row));
      const Tensor h = to_device(hidden + row * static_cast<size_t>(dim_), at::kChar, {n, dim_});
      const Tensor f = to_device(frequencies + row * static_cast<size_t>(vocabulary_), at::kInt,
                                 {n, vocabulary_});
      const Tensor t = to_device(tokens + row, at::kInt, {n, 1});
      learn_group(h, f.to(at::kLong), t.to(at::kLong));
    }
  }

 private:
  struct Learned {
    int64_t rate;
    Tensor master;
  };
  Tensor to_device(const void* data, at::ScalarType type, at::IntArrayRef shape) const {
    return at::from_blob(const_cast<void*>(data), shape, type).clone().to(device_);
  }

  // The heads of imported models have no units: their weights are 16 bits wide.
  bool is_narrow() const { return unit_.defined(); }

  // Where in the step of the view each weight begins, -128 .. 127.
  Tensor places() const {
    const auto options = at::TensorOptions(at::kLong).device(device_);
    const Tensor j = at::arange(vocabulary_, options).unsqueeze(1) * int64_t{2654435761};
    const Tensor i = at::arange(dim_, options) * int64_t{2246822519};
    return shift_right(at::bitwise_and(j + i, int64_t{0xffffffff}), 24) - 128;
  }

  // l [rows][vocabulary], int64. Only imported models are wide enough to reach the limit.
  Tensor logits_of(const int8_t* hidden, size_t rows) const {
    const Tensor h = to_device(hidden, at::kChar, {static_cast<int64_t>(rows), dim_});
    const Tensor sum = wide_product(h, view_, *workers_);
    return is_narrow() ? round_shift(sum * unit_, 15) : limit(sum, (int64_t{1} << 31) - 1);
  }

  // w, in the type that wide_product() wants.
  Tensor view_of(const Tensor& master) const {
    const Tensor wide = master.to(at::kLong);
    const Tensor w =
        is_narrow() ? round_shift(wide, 8).clamp_max(127) : round_shift(wide, 15).clamp_max(32767);
    return w.to(device_.is_cpu() ? at::kShort : at::kDouble);
  }

  // l [rows][vocabulary] gives f of the same shape.
  Tensor frequencies_of(const Tensor& l) const {
    const Tensor top = l.amax(-1, /*keepdim=*/true);
    const Tensor u = (top - l).clamp_max((1 << 22) - 1);
    const Power power = exp2_neg(shift_right(shift_right(u, 4) * 5909, 10));
    const Tensor e = at::bitwise_right_shift(power.g * (1 << 11), power.whole);
    const Tensor S = e.sum(-1, /*keepdim=*/true);
    const Tensor R = quotient(at::full_like(S, (kTotal - vocabulary_) << 32), S);
    const Tensor f = shift_right(e * R, 32) + 1;

    const Tensor j = at::arange(vocabulary_, l.options());
    const Tensor lowest =
        j.expand_as(l).masked_fill(l != top, vocabulary_).amin(-1, /*keepdim=*/true);
    const Tensor rest = kTotal - f.sum(-1, /*keepdim=*/true);
    return f + (j == lowest).to(at::kLong) * rest;
  }

  // h [rows][dim], f [rows][vocabulary], t [rows][1].
  void learn_group(const Tensor& h, const Tensor& f, const Tensor& t) {
    const Tensor is_token = at::arange(vocabulary_, f.options()) == t;
    const Tensor g = is_token.to(at::kLong) * kTotal - f;
    Tensor c = round_shift(g * rate_, 24) * (g.abs() >= threshold_).to(at::kLong);
    if (is_narrow()) c = limit(round_shift(c * inverse_, 16), 32767);
    const Tensor j = at::nonzero((c != 0).any(0)).flatten();
    const Tensor sum = product(c.index_select(1, j).t(), h);
    const Tensor before = master_.index_select(0, j).to(at::kLong);
    const Tensor changed =
        is_narrow() ? (before + round_shift(sum, 9).clamp(-32768, 32767)).clamp(-32768, 32767)
                    : limit(before + sum, kMasterLimit);
    master_.index_copy_(0, j, changed.to(at::kInt));
    view_.index_copy_(0, j, view_of(changed));
  }

  const std::shared_ptr<Workers> workers_;
  const int64_t vocabulary_, dim_, threshold_;
  const at::Device device_;
  Tensor initial_;         // the master at a block's start
  Tensor unit_, inverse_;  // [vocabulary]
  int64_t rate_ = 0;
  Tensor master_;  // int32 [vocabulary][dim]
  Tensor view_;    // w [vocabulary][dim]
};

}  // namespace

std::unique_ptr<Head> make_head(const ExactModel& model, at::Device device,
                                std::shared_ptr<Workers> workers) {
  return std::make_unique<TorchHead>(model, device, std::move(workers));
}

}  // namespace llmz::torch_exact
