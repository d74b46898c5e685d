// SPDX-License-Identifier: Apache-2.0
// Do attention, logits, frequencies and learning, in every build that this processor can run,
// compute what the document says?
#include <catch2/catch.hpp>

#include "exact_kernel_builds.h"

using namespace llmz;
using namespace llmz::test;

TEST_CASE("attention over a ring, wherever it begins") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 250; ++i) {
      const size_t window = i % 100 == 0  ? 1024
                            : i % 50 == 0 ? 2048
                                          : some_size(16, 96),
                   capacity = (window + 64 + exact::kSlotBlock - 1) / exact::kSlotBlock *
                              exact::kSlotBlock;
      const size_t d = some_size(16, 128), heads = 2 * static_cast<size_t>(between(1, 4));
      const size_t visible =
          i % 3 == 0 ? window : static_cast<size_t>(between(1, static_cast<int64_t>(window)));
      const size_t first = random_source() % capacity;
      const int32_t reach = i % 4 == 0 ? 127 : static_cast<int32_t>(between(1, 127));
      const bool largest = i % 7 == 0;  // sums
      const auto some_byte = [&](int64_t limit, int64_t otherwise) {
        return static_cast<int8_t>(largest ? limit : between(-otherwise, otherwise));
      };
      std::vector<int8_t> keys(capacity * d, 99), values(capacity * d, -99), q(heads * d);
      for (int8_t& v : q) v = some_byte(127, reach);
      if (i % 5 == 0) std::fill(q.begin(), q.end(), int8_t{0});
      std::vector<uint32_t> multipliers;
      for (size_t h = 0; h < heads; ++h)
        multipliers.push_back(i % 6 == 0 ? 32767 : static_cast<uint32_t>(between(0, 32767)));

      std::vector<std::vector<int32_t>> k, v;
      for (size_t j = 0; j < visible; ++j) {
        std::vector<int8_t> key, value;
        for (size_t c = 0; c < d; ++c) {
          key.push_back(some_byte(127, reach));
          value.push_back(some_byte(-127, 127));
        }
        kernels->store_key_value(key.data(), value.data(), d, capacity, (first + j) % capacity,
                                 keys.data(), values.data());
        k.emplace_back(key.begin(), key.end());
        v.emplace_back(value.begin(), value.end());
      }
      const exact::AttentionView view{keys.data(), values.data(), capacity, d,
                                      heads,       first,         visible,  multipliers.data()};
      exact::AttentionScratch scratch;
      std::vector<int32_t> out(heads * d);
      kernels->attend(view, q.data(), scratch, out.data());
      for (size_t h = 0; h < heads; ++h) {
        const std::vector<int32_t> one(q.begin() + static_cast<ptrdiff_t>(h * d),
                                       q.begin() + static_cast<ptrdiff_t>((h + 1) * d));
        const std::vector<int32_t> o = document::attend(one, k, v, multipliers[h]);
        if (!std::equal(o.begin(), o.end(), out.begin() + static_cast<ptrdiff_t>(h * d)))
          FAIL("window " << window << ", visible " << visible << ", first " << first << ", head "
                         << h);
      }
    }
  }
}

// The head's state as the engine keeps it.
struct KernelHead {
  KernelHead(const CpuKernels& kernels, const ExactModel& model, const document::Head& head)
      : kernels_(kernels), dim(model.config.dim) {
    for (uint32_t j = 0; j < model.config.vocabulary; ++j) {
      unit.push_back(static_cast<int32_t>(head.unit(j)));
      inverse.push_back(static_cast<int32_t>(std::min<int64_t>(
          (int64_t{1} << 33) / std::max<int64_t>(head.unit(j), 1), (int64_t{1} << 31) - 1)));
    }
    master.resize(model.head.weight.size());
    view.resize(master.size());
    const uint32_t middle = model.config.vocabulary / 32 * 16;  // as two threads would
    kernels.begin_head(model.head.weight.data(), 0, middle, state());
    kernels.begin_head(model.head.weight.data(), middle, model.config.vocabulary, state());
  }
  exact::HeadState state() { return {master.data(), view.data(), inverse.data(), dim}; }
  std::vector<int32_t> logits(const int8_t* h, size_t rows) const {
    const size_t stride = unit.size() + 16, middle = unit.size() / 32 * 16;
    std::vector<int32_t> padded(rows * stride), out;
    const exact::HeadView v{view.data(), unit.data(), dim};
    kernels_.logits(v, h, rows, 0, middle, stride, padded.data());
    kernels_.logits(v, h, rows, middle, unit.size(), stride, padded.data());
    for (size_t row = 0; row < rows; ++row)
      out.insert(out.end(), padded.begin() + static_cast<ptrdiff_t>(row * stride),
                 padded.begin() + static_cast<ptrdiff_t>(row * stride + unit.size()));
    return out;
  }
  const CpuKernels& kernels_;
  const size_t dim;
  std::vector<int32_t> unit, inverse;
  std::vector<int16_t> master;
  std::vector<int8_t> view;
};

ExactModel some_head(size_t vocabulary, size_t dim, int32_t weight_limit, int32_t unit_limit) {
  ExactModel model;
  model.config.vocabulary = static_cast<uint32_t>(vocabulary);
  model.config.dim = static_cast<uint32_t>(dim);
  for (size_t j = 0; j < vocabulary * dim; ++j)
    model.head.weight.push_back(static_cast<int8_t>(between(-weight_limit, weight_limit)));
  for (size_t j = 0; j < vocabulary; ++j)
    model.head.multiplier.push_back(
        static_cast<int32_t>(between(0, unit_limit) >> random_source() % 8));
  return model;
}

TEST_CASE("logits and frequencies") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 150; ++i) {
      const size_t vocabulary = i % 50 == 0 ? 65536 : some_size(16, 700);
      const size_t dim = i % 50 == 0 ? 32 : i % 3 == 0 ? 512 : some_size(32, 512);
      const size_t rows = i % 50 == 0 ? 1 : static_cast<size_t>(between(1, 20));
      ExactModel model = some_head(vocabulary, dim, i % 4 == 0 ? 127 : 20, 1 << 24);
      std::vector<int8_t> h;
      for (size_t j = 0; j < rows * dim; ++j)
        h.push_back(static_cast<int8_t>(i % 4 == 0 ? 127 : between(-127, 127)));
      if (i % 4 == 0) {  // the largest sums, in both directions; many equals
        for (size_t j = 0; j < model.head.weight.size(); ++j)
          model.head.weight[j] = j / dim % 2 ? 127 : -127;
      }
      const document::Head head(model);
      const std::vector<int32_t> l = KernelHead(*kernels, model, head).logits(h.data(), rows);
      for (size_t row = 0; row < rows; ++row) {
        const std::vector<int32_t> expected = head.logits(h.data() + row * dim);
        if (!std::equal(expected.begin(), expected.end(),
                        l.begin() + static_cast<ptrdiff_t>(row * vocabulary)))
          FAIL("logits, dim " << dim << ", row " << row << " of " << rows);
        std::vector<uint32_t> f(vocabulary);
        kernels->frequencies(expected.data(), vocabulary, f.data());
        if (f != document::frequencies(expected)) FAIL("frequencies, vocabulary " << vocabulary);
      }
    }
  }
}

TEST_CASE("frequencies of logits at both ends of 32 bits") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 300; ++i) {
      std::vector<int32_t> l(some_size(16, 300));
      const int64_t reach = int64_t{INT32_MAX} >> random_source() % 31;
      for (int32_t& v : l) v = static_cast<int32_t>(between(-reach, reach));
      std::vector<uint32_t> f(l.size());
      kernels->frequencies(l.data(), l.size(), f.data());
      if (f != document::frequencies(l)) FAIL("within " << reach);
    }
  }
}

TEST_CASE("learning, up to the limits of the weights") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 60; ++i) {
      const size_t vocabulary = some_size(16, 64), dim = i % 8 == 0 ? 512 : some_size(32, 128);
      ExactModel model = some_head(vocabulary, dim, 127, i % 5 == 0 ? 1 << 10 : 1 << 23);
      const size_t rows = static_cast<size_t>(between(1, 16));
      const uint32_t rate = i % 3 == 0 ? 255 * 1024 : static_cast<uint32_t>(between(1, 255) * 1024);
      model.learning.threshold = i % 4 == 0 ? 0 : static_cast<uint32_t>(between(0, 1 << 20));
      document::Head head(model);
      KernelHead learner(*kernels, model, head);
      for (int step = 0; step < 5; ++step) {
        std::vector<int8_t> h(rows * dim);
        std::vector<uint32_t> f(rows * vocabulary, 1), tokens;
        for (int8_t& v : h) v = static_cast<int8_t>(i % 3 == 0 ? 127 : between(-127, 127));
        for (size_t row = 0; row < rows; ++row) {
          tokens.push_back(i % 3 == 0 ? 5 : static_cast<uint32_t>(random_source() % vocabulary));
          // From one token that takes all to equal shares.
          const uint32_t each =
              static_cast<uint32_t>((random_source() % 2 ? 1 << 24 : vocabulary) / vocabulary);
          for (size_t j = 0; j < vocabulary; ++j) f[row * vocabulary + j] = each;
          f[row * vocabulary + random_source() % vocabulary] +=
              (1 << 24) - each * static_cast<uint32_t>(vocabulary);
        }
        const exact::LearnStep all{h.data(),   f.data(), tokens.data(),           rows,
                                   vocabulary, rate,     model.learning.threshold};
        const size_t middle = vocabulary / 32 * 16;  // as two threads would
        kernels->learn(all, learner.state(), 0, middle);
        kernels->learn(all, learner.state(), middle, vocabulary);
        head.learn(h.data(), f.data(), tokens.data(), rows, rate);
        for (size_t j = 0; j < learner.master.size(); ++j) {
          if (learner.master[j] != head.master(j / dim, j % dim))
            FAIL("weight " << j << " after step " << step);
        }
        const std::vector<int32_t> l = learner.logits(h.data(), 1),
                                   expected = head.logits(h.data());
        if (l != expected) FAIL("the view after step " << step);
      }
    }
  }
}
