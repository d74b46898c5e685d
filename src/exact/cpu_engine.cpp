// SPDX-License-Identifier: Apache-2.0
// The cpu engine: CpuBody and the learning head.
#include <algorithm>

#include "exact/cpu_body.h"
#include "exact/imported_cpu.h"

namespace llmz {
namespace exact {
namespace {

class CpuHead : public Head {
 public:
  CpuHead(const ExactModel& model, std::shared_ptr<ThreadTeam> team)
      : model_(model),
        kernels_(cpu_kernels()),
        team_(std::move(team)),
        logits_(team_->most_members()) {
    const IntegerMatrix& head = model_.head;
    constexpr int32_t kLargestUnit = 8454400;  // times 128 * 127 * 512, shifted, fits 32 bits
    for (int32_t multiplier : head.multiplier) {
      const int32_t unit = std::min(multiplier, kLargestUnit);
      unit_.push_back(unit);
      inverse_unit_.push_back(static_cast<int32_t>(
          std::min<int64_t>((int64_t{1} << 33) / std::max(unit, 1), INT32_MAX)));
    }
    master_.resize(head.weight.size());
    view_.resize(head.weight.size());
  }

  void reset(uint32_t rate) override {
    rate_ = rate;
    kernels_.begin_head(model_.head.weight.data(), 0, model_.config.vocabulary, state());
  }

  std::unique_ptr<KeptState> keep() const override {
    return KeptStateOf<Learned>::of({rate_, master_, view_});
  }
  void resume(const KeptState& state) override {
    const Learned& learned = KeptStateOf<Learned>::in(state);
    rate_ = learned.rate;
    master_ = learned.master;
    view_ = learned.view;
  }

  void frequencies(const int8_t* hidden, size_t rows, uint32_t* out) override {
    if (rows <= kRows) return frequencies_as(0, hidden, rows, out);
    const size_t dim = model_.config.dim, vocabulary = model_.config.vocabulary,
                 members = team_->members();
    team_->run([&](unsigned member) {
      const size_t begin = rows * member / members, end = rows * (member + 1) / members;
      frequencies_as(member, hidden + begin * dim, end - begin, out + begin * vocabulary);
    });
  }

  void frequencies_as(unsigned worker, const int8_t* hidden, size_t rows, uint32_t* out) override {
    const size_t dim = model_.config.dim, vocabulary = model_.config.vocabulary;
    std::vector<int32_t>& logits = logits_[worker];
    logits.resize(kRows * vocabulary);
    for (size_t row = 0; row < rows;) {
      const size_t count = std::min(kRows, rows - row);
      kernels_.logits(view(), hidden + row * dim, count, 0, vocabulary, vocabulary, logits.data());
      for (size_t i = 0; i < count; ++i, ++row)
        kernels_.frequencies(logits.data() + i * vocabulary, vocabulary, out + row * vocabulary);
    }
  }

  void logits(const int8_t* hidden, size_t rows, int32_t* out) override {
    const size_t vocabulary = model_.config.vocabulary;
    kernels_.logits(view(), hidden, rows, 0, vocabulary, vocabulary, out);
  }

  void learn(const int8_t* hidden, const uint32_t* frequencies, const uint32_t* tokens,
             size_t rows) override {
    if (rate_ == 0) return;
    const size_t dim = model_.config.dim, vocabulary = model_.config.vocabulary;
    for (size_t row = 0; row < rows; row += kLearnGroup) {
      const LearnStep step{hidden + row * dim,
                           frequencies + row * vocabulary,
                           tokens + row,
                           std::min(kLearnGroup, rows - row),
                           vocabulary,
                           rate_,
                           model_.learning.threshold};
      kernels_.learn(step, state(), 0, vocabulary);
    }
  }

 private:
  struct Learned {
    uint32_t rate;
    std::vector<int16_t> master;
    std::vector<int8_t> view;
  };
  static constexpr size_t kRows = 16;  // of one pass over the weights

  HeadView view() const { return {view_.data(), unit_.data(), model_.config.dim}; }
  HeadState state() {
    return {master_.data(), view_.data(), inverse_unit_.data(), model_.config.dim};
  }

  const ExactModel& model_;
  const CpuKernels& kernels_;
  std::shared_ptr<ThreadTeam> team_;
  uint32_t rate_ = 0;
  std::vector<int32_t> unit_, inverse_unit_;
  std::vector<int16_t> master_;
  std::vector<int8_t> view_;
  std::vector<std::vector<int32_t>> logits_;
};

}  // namespace
}  // namespace exact

Engine make_cpu_engine(const ExactModel& model, unsigned threads,
                       std::shared_ptr<EngineWeights> weights) {
  const unsigned workers = std::clamp(threads, 1u, kMaxWorkers);
  if (model.imported) {
    // One body at a time: its threads share every matrix, which is read once for all lanes.
    auto shared = std::make_shared<exact::Workers>(workers);
    return {"cpu", exact::make_imported_cpu_body(model, shared),
            exact::make_imported_cpu_head(model, shared), 1};
  }
  auto team = std::make_shared<ThreadTeam>(workers);
  if (!weights) weights = std::make_shared<exact::CpuWeights>(model);
  return {
      "cpu",
      std::make_unique<exact::CpuBody>(std::static_pointer_cast<exact::CpuWeights>(weights), team),
      std::make_unique<exact::CpuHead>(model, team),
      workers,
      exact::IntegerProduct::kMaxVectors,
      weights};
}

}  // namespace llmz
