// SPDX-License-Identifier: Apache-2.0
// The cpu engine: CpuBody and the learning head.
#include <algorithm>

#include "exact/cpu_body.h"

namespace llmz {
namespace exact {
namespace {

class CpuHead : public Head {
 public:
  CpuHead(const ExactModel& model, std::shared_ptr<ThreadTeam> team)
      : model_(model), kernels_(cpu_kernels()), team_(std::move(team)), logits_(team_->members()) {
    reset(0);
  }

  void reset(uint32_t rate) override {
    rate_ = rate;
    const IntegerMatrix& head = model_.head;
    const size_t dim = head.columns;
    master_.resize(head.weight.size());
    view_.resize(head.weight.size());
    constexpr int64_t kLimit = 32767 * 32768;
    team_->run([&](unsigned member) {
      const auto [begin, end] = share(member);
      for (size_t i = begin * dim; i < end * dim; ++i) {
        const int64_t value = static_cast<int64_t>(head.weight[i]) * head.multiplier[i / dim];
        master_[i] = static_cast<int32_t>(std::min(std::max(value, -kLimit), kLimit));
        view_[i] = static_cast<int16_t>(std::min((master_[i] + (1 << 14)) >> 15, 32767));
      }
    });
  }

  void frequencies(const int8_t* hidden, size_t rows, uint32_t* out) override {
    const size_t dim = model_.config.dim, vocabulary = model_.config.vocabulary;
    widened_.assign(hidden, hidden + rows * dim);
    if (rows == 1 && team_->members() > 1) {
      logits_[0].resize(vocabulary);
      team_->run([&](unsigned member) {
        const auto [begin, end] = share(member);
        kernels_.logits(view_.data() + begin * dim, widened_.data(), 1, end - begin, dim,
                        vocabulary, logits_[0].data() + begin);
      });
      kernels_.frequencies(logits_[0].data(), vocabulary, out);
      return;
    }
    team_->run([&](unsigned member) {
      const size_t end = rows * (member + 1) / team_->members();
      std::vector<int32_t>& logits = logits_[member];
      logits.resize(kRows * vocabulary);
      for (size_t row = rows * member / team_->members(); row < end;) {
        const size_t count = std::min(kRows, end - row);
        kernels_.logits(view_.data(), widened_.data() + row * dim, count, vocabulary, dim,
                        vocabulary, logits.data());
        for (size_t i = 0; i < count; ++i, ++row) {
          kernels_.frequencies(logits.data() + i * vocabulary, vocabulary, out + row * vocabulary);
        }
      }
    });
  }

  void logits(const int8_t* hidden, size_t rows, int32_t* out) override {
    const size_t dim = model_.config.dim, vocabulary = model_.config.vocabulary;
    widened_.assign(hidden, hidden + rows * dim);
    kernels_.logits(view_.data(), widened_.data(), rows, vocabulary, dim, vocabulary, out);
  }

  void learn(const int8_t* hidden, const uint32_t* frequencies, const uint32_t* tokens,
             size_t rows) override {
    if (rate_ == 0) return;
    const size_t dim = model_.config.dim, vocabulary = model_.config.vocabulary;
    team_->run([&](unsigned member) {
      const auto [begin, end] = share(member);
      for (size_t row = 0; row < rows; row += kLearnGroup) {
        const LearnStep step{hidden + row * dim,
                             frequencies + row * vocabulary,
                             tokens + row,
                             std::min(kLearnGroup, rows - row),
                             dim,
                             vocabulary,
                             rate_,
                             model_.learning.threshold};
        kernels_.learn(step, master_.data(), view_.data(), begin, end);
      }
    });
  }

 private:
  static constexpr size_t kRows = 16;  // of one pass over the weights

  // The part of the vocabulary that a member learns for; a multiple of 16 tokens.
  std::pair<size_t, size_t> share(unsigned member) const {
    const size_t blocks = model_.config.vocabulary / 16, members = team_->members();
    return {blocks * member / members * 16, blocks * (member + 1) / members * 16};
  }

  const ExactModel& model_;
  const CpuKernels& kernels_;
  std::shared_ptr<ThreadTeam> team_;
  uint32_t rate_ = 0;
  std::vector<int32_t> master_;
  std::vector<int16_t> view_, widened_;
  std::vector<std::vector<int32_t>> logits_;
};

}  // namespace
}  // namespace exact

Engine make_cpu_engine(const ExactModel& model, unsigned threads) {
  if (model.imported) {
    throw Error(ErrorKind::kUsage, "the model '" + model.name +
                                       "' was imported, and the cpu engine is for models that llmz "
                                       "trains; --engine torch or auto runs it");
  }
  auto team = std::make_shared<ThreadTeam>(std::max(1u, threads));
  return {"cpu", std::make_unique<exact::CpuBody>(model, team),
          std::make_unique<exact::CpuHead>(model, team)};
}

}  // namespace llmz
