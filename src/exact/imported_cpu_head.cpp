// SPDX-License-Identifier: Apache-2.0
// docs/exact-imported.md in integer loops: the head. The weights of a block are w (the view) and
// what master has below it; most tokens never learn, and what they would keep of it takes no
// memory.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "exact/cpu_kernels.h"
#include "exact/imported_cache.h"
#include "exact/imported_cpu.h"
#include "exact/packed_matrix.h"

namespace llmz::exact {
namespace {

constexpr int64_t kTotal = int64_t{1} << 24;
constexpr size_t kRows = 16;          // of one pass over the weights
constexpr int64_t kTaskTokens = 512;  // a multiple of kWideRows

class ImportedCpuHead : public Head {
 public:
  ImportedCpuHead(const ExactModel& model, std::shared_ptr<Workers> workers,
                  const ImportedLoops& loops)
      : workers_(std::move(workers)),
        loops_(loops),
        kernels_(cpu_kernels()),
        weight_(model.imported->head),
        vocabulary_(model.config.vocabulary),
        padded_vocabulary_(padded(vocabulary_, kWideRows)),
        dim_(model.config.dim),
        columns_(padded(dim_, kWideRun)),
        threshold_(model.learning.threshold),
        rate_(model.learning.rate),
        view_(make_zeros<int16_t>(padded_vocabulary_ * columns_)),
        rest_(make_zeros<int16_t>(vocabulary_ * columns_)),
        learned_(vocabulary_, false) {
    pack(weight_.data(), vocabulary_, dim_, loops_.block, view_.get());
  }

  void reset(uint32_t rate) override {
    rate_ = rate;
    for (size_t j = 0; j < vocabulary_; ++j) {
      if (!learned_[j]) continue;
      set_row(j, weight_.data() + j * dim_, nullptr);
      learned_[j] = false;
    }
  }

  std::unique_ptr<KeptState> keep() const override {
    Learned kept{rate_, {}};
    for (size_t j = 0; j < vocabulary_; ++j) {
      if (!learned_[j]) continue;
      Token& token = kept.tokens.emplace_back();
      token.number = j;
      for (size_t i = 0; i < dim_; ++i) token.weight.push_back(*place(j, i));
      const int16_t* rest = rest_.get() + j * columns_;
      token.rest.assign(rest, rest + columns_);
    }
    return KeptStateOf<Learned>::of(std::move(kept));
  }
  void resume(const KeptState& state) override {
    const Learned& kept = KeptStateOf<Learned>::in(state);
    reset(kept.rate);
    for (const Token& token : kept.tokens) {
      set_row(token.number, token.weight.data(), token.rest.data());
      learned_[token.number] = true;
    }
  }

  void frequencies(const int8_t* hidden, size_t rows, uint32_t* out) override {
    std::vector<int32_t>& l = logits_;
    for (size_t row = 0; row < rows; row += kRows) {
      const size_t count = std::min(kRows, rows - row);
      l.resize(count * padded_vocabulary_);
      padded_logits(hidden + row * dim_, count, l.data());
      workers_->for_each(static_cast<int64_t>(count), [&](int64_t i) {
        const auto r = static_cast<size_t>(i);
        int32_t* of_row = l.data() + r * padded_vocabulary_;
        std::fill(of_row + vocabulary_, of_row + padded_vocabulary_, INT32_MIN);
        auto* f = reinterpret_cast<uint32_t*>(of_row);
        kernels_.frequencies(of_row, vocabulary_, f);
        std::copy_n(f, vocabulary_, out + (row + r) * vocabulary_);
      });
    }
  }

  void logits(const int8_t* hidden, size_t rows, int32_t* out) override {
    std::vector<int32_t> l(rows * padded_vocabulary_);
    padded_logits(hidden, rows, l.data());
    for (size_t r = 0; r < rows; ++r)
      std::copy_n(l.data() + r * padded_vocabulary_, vocabulary_, out + r * vocabulary_);
  }

  void learn(const int8_t* hidden, const uint32_t* frequencies, const uint32_t* tokens,
             size_t rows) override {
    if (rate_ == 0) return;
    for (size_t row = 0; row < rows; row += kLearnGroup) {
      const Group group{frequencies + row * vocabulary_, tokens + row,
                        std::min(kLearnGroup, rows - row)};
      widen(hidden + row * dim_, group.rows);
      const auto end = static_cast<int64_t>(vocabulary_);
      workers_->for_each((end + kLearnTokens - 1) / kLearnTokens, [&](int64_t task) {
        const int64_t first = task * kLearnTokens;
        learn_tokens(group, static_cast<size_t>(first),
                     static_cast<size_t>(std::min(first + kLearnTokens, end)));
      });
    }
  }

 private:
  struct Token {
    size_t number;
    std::vector<int16_t> weight, rest;
  };
  struct Learned {
    uint32_t rate;
    std::vector<Token> tokens;
  };
  // Lanes that learn together.
  struct Group {
    const uint32_t* frequencies;  // [rows][vocabulary]
    const uint32_t* tokens;
    size_t rows;
  };
  static constexpr int64_t kLearnTokens = 4096;

  int16_t* place(size_t j, size_t i) const {
    return view_.get() + packed_row(j, columns_, loops_.block) +
           i / kWideRun * loops_.block * kWideRun + i % kWideRun;
  }

  // rest: null for zeros.
  void set_row(size_t j, const int16_t* weight, const int16_t* rest) {
    for (size_t i = 0; i < dim_; ++i) *place(j, i) = weight[i];
    int16_t* to = rest_.get() + j * columns_;
    if (rest) {
      std::copy_n(rest, columns_, to);
    } else {
      std::fill_n(to, columns_, int16_t{0});
    }
  }

  // hidden to wide_ [rows][columns_].
  void widen(const int8_t* hidden, size_t rows) {
    wide_.assign(rows * columns_, 0);
    for (size_t r = 0; r < rows; ++r)
      std::copy_n(hidden + r * dim_, dim_, wide_.data() + r * columns_);
  }

  void padded_logits(const int8_t* hidden, size_t rows, int32_t* out) {
    widen(hidden, rows);
    const auto end = static_cast<int64_t>(padded_vocabulary_);
    workers_->for_each((end + kTaskTokens - 1) / kTaskTokens, [&](int64_t task) {
      const int64_t first = task * kTaskTokens;
      loops_.logits(view_.get(), columns_, wide_.data(), rows, static_cast<size_t>(first),
                    static_cast<size_t>(std::min(first + kTaskTokens, end)), out,
                    padded_vocabulary_);
    });
  }

  // c of the document.
  int64_t step_of(const Group& group, size_t row, size_t j) const {
    const int64_t g =
        (j == group.tokens[row] ? kTotal : 0) - int64_t{group.frequencies[row * vocabulary_ + j]};
    if (g < threshold_ && -g < threshold_) return 0;
    return (g * rate_ + (1 << 23)) >> 24;
  }

  void learn_tokens(const Group& group, size_t first, size_t end) {
    std::vector<size_t> learners;
    for (size_t r = 0; r < group.rows; ++r) {
      const uint32_t* f = group.frequencies + r * vocabulary_;
      for (size_t j = first; j < end; ++j) {
        if (f[j] >= threshold_) learners.push_back(j);
      }
      if (group.tokens[r] >= first && group.tokens[r] < end) learners.push_back(group.tokens[r]);
    }
    std::sort(learners.begin(), learners.end());
    learners.erase(std::unique(learners.begin(), learners.end()), learners.end());
    const WideHead head{view_.get(), rest_.get(), columns_};
    for (size_t j : learners) {
      std::array<WideStep, kLearnGroup> steps;
      size_t count = 0;
      for (size_t r = 0; r < group.rows; ++r) {
        const int64_t c = step_of(group, r, j);
        if (c != 0) steps[count++] = {c, wide_.data() + r * columns_};
      }
      if (count == 0) continue;
      loops_.learn(head, j, steps.data(), count);
      learned_[j] = true;
    }
  }

  const std::shared_ptr<Workers> workers_;
  const ImportedLoops& loops_;
  const CpuKernels& kernels_;
  const std::vector<int16_t>& weight_;  // w at a block's start
  const size_t vocabulary_, padded_vocabulary_, dim_, columns_;
  const int64_t threshold_;
  uint32_t rate_;
  Zeros<int16_t> view_, rest_;
  std::vector<char> learned_;  // of each token: whether its weights are others than at the start
  std::vector<int16_t> wide_;
  std::vector<int32_t> logits_;
};

}  // namespace

std::unique_ptr<Head> make_imported_cpu_head(const ExactModel& model,
                                             std::shared_ptr<Workers> workers,
                                             const ImportedLoops& loops) {
  return std::make_unique<ImportedCpuHead>(model, std::move(workers), loops);
}

}  // namespace llmz::exact
