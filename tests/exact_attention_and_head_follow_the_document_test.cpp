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
                   capacity = window + 64;
      ModelConfig config;
      config.window = static_cast<uint32_t>(window);
      const size_t d = some_size(16, 128), heads = 2 * static_cast<size_t>(between(1, 4));
      const size_t visible =
          i % 3 == 0 ? window : static_cast<size_t>(between(1, static_cast<int64_t>(window)));
      const size_t first = random_source() % capacity;
      const int32_t reach = i % 4 == 0 ? 127 : static_cast<int32_t>(between(1, 127));
      std::vector<int8_t> keys(capacity * d), values(capacity * d);
      for (int8_t& v : keys) v = static_cast<int8_t>(between(-reach, reach));
      for (int8_t& v : values) v = static_cast<int8_t>(between(-127, 127));
      if (i % 7 == 0) {  // the largest sums
        std::fill(keys.begin(), keys.end(), int8_t{127});
        std::fill(values.begin(), values.end(), int8_t{-127});
      }
      std::vector<int16_t> q(heads * d);
      for (int16_t& v : q) v = static_cast<int16_t>(i % 7 == 0 ? 127 : between(-reach, reach));
      if (i % 5 == 0) std::fill(q.begin(), q.end(), int16_t{0});
      std::vector<uint32_t> multipliers;
      for (size_t h = 0; h < heads; ++h)
        multipliers.push_back(i % 6 == 0 ? 32767 : static_cast<uint32_t>(between(0, 32767)));

      std::vector<std::vector<int32_t>> k, v;
      for (size_t j = 0; j < visible; ++j) {
        const size_t slot = (first + j) % capacity;
        k.emplace_back(d);
        v.emplace_back(d);
        for (size_t c = 0; c < d; ++c) {
          k.back()[c] = keys[(c / 2 * capacity + slot) * 2 + c % 2];
          v.back()[c] = values[(slot / 2 * d + c) * 2 + slot % 2];
        }
      }
      const exact::AttentionView view{
          keys.data(),        values.data(),          capacity, d, heads, first, visible,
          multipliers.data(), attention_shift(config)};
      std::vector<int32_t> scratch(exact::kHeadGroup * 3 / 2 * capacity), out(heads * d);
      kernels->attend(view, q.data(), scratch.data(), out.data());
      for (size_t h = 0; h < heads; ++h) {
        const std::vector<int32_t> one(q.begin() + static_cast<ptrdiff_t>(h * d),
                                       q.begin() + static_cast<ptrdiff_t>((h + 1) * d));
        const std::vector<int32_t> o = document::attend(one, k, v, multipliers[h], config.window);
        if (!std::equal(o.begin(), o.end(), out.begin() + static_cast<ptrdiff_t>(h * d)))
          FAIL("window " << window << ", visible " << visible << ", first " << first << ", head "
                         << h);
      }
    }
  }
}

TEST_CASE("logits and frequencies") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 150; ++i) {
      const size_t vocabulary = i % 50 == 0 ? 65536 : some_size(16, 700);
      const size_t dim = i % 50 == 0 ? 32 : i % 3 == 0 ? 512 : some_size(32, 512);
      const size_t rows = static_cast<size_t>(between(1, 9)), stride = vocabulary + 16;
      std::vector<int16_t> weight(vocabulary * dim), h(rows * dim);
      const int64_t reach = i % 4 == 0 ? 32767 : 32767 >> random_source() % 12;
      for (int16_t& w : weight) w = static_cast<int16_t>(between(-reach, reach));
      for (int16_t& v : h) v = static_cast<int16_t>(between(-127, 127));
      if (i % 4 == 0) {  // the largest sums, in both directions; many equals
        for (size_t j = 0; j < weight.size(); ++j) weight[j] = j / dim % 2 ? 32767 : -32767;
        std::fill(h.begin(), h.end(), int16_t{127});
      }
      std::vector<int32_t> l(rows * stride);
      kernels->logits(weight.data(), h.data(), rows, vocabulary, dim, stride, l.data());
      for (size_t row = 0; row < rows; ++row) {
        std::vector<int32_t> expected(vocabulary);
        for (size_t j = 0; j < vocabulary; ++j) {
          int64_t sum = 0;
          for (size_t c = 0; c < dim; ++c) sum += int64_t{weight[j * dim + c]} * h[row * dim + c];
          expected[j] = static_cast<int32_t>(sum);
        }
        std::vector<int32_t> one(l.begin() + static_cast<ptrdiff_t>(row * stride),
                                 l.begin() + static_cast<ptrdiff_t>(row * stride + vocabulary));
        if (one != expected) FAIL("logits, dim " << dim << ", rows " << rows);
        std::vector<uint32_t> f(vocabulary);
        kernels->frequencies(one.data(), vocabulary, f.data());
        if (f != document::frequencies(expected)) FAIL("frequencies, vocabulary " << vocabulary);
        if (vocabulary == 65536) break;
      }
    }
  }
}

TEST_CASE("learning, up to the limits of the weights") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 60; ++i) {
      ExactModel model;
      model.config.vocabulary = static_cast<uint32_t>(some_size(16, 64));
      model.config.dim = i % 8 == 0 ? 512 : static_cast<uint32_t>(some_size(32, 128));
      const size_t vocabulary = model.config.vocabulary, dim = model.config.dim;
      const size_t rows = static_cast<size_t>(between(1, 16));
      const uint32_t rate = i % 3 == 0 ? 255 * 1024 : static_cast<uint32_t>(between(1, 255) * 1024);
      model.learning.threshold = i % 4 == 0 ? 0 : static_cast<uint32_t>(between(0, 1 << 20));
      for (size_t j = 0; j < vocabulary * dim; ++j)
        model.head.weight.push_back(static_cast<int8_t>(between(-127, 127)));
      for (size_t j = 0; j < vocabulary; ++j)
        model.head.multiplier.push_back(static_cast<int32_t>(between(0, 1 << 24)));
      document::Head head(model);
      std::vector<int32_t> master(vocabulary * dim);
      std::vector<int16_t> view(vocabulary * dim);
      for (size_t j = 0; j < master.size(); ++j) {
        master[j] = static_cast<int32_t>(head.master(j / dim, j % dim));
        view[j] = static_cast<int16_t>(head.view(j / dim, j % dim));
      }
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
        const exact::LearnStep all{h.data(), f.data(),   tokens.data(), rows,
                                   dim,      vocabulary, rate,          model.learning.threshold};
        const size_t middle = vocabulary / 32 * 16;  // as two threads would
        kernels->learn(all, master.data(), view.data(), 0, middle);
        kernels->learn(all, master.data(), view.data(), middle, vocabulary);
        head.learn(h.data(), f.data(), tokens.data(), rows, rate);
        for (size_t j = 0; j < master.size(); ++j) {
          if (master[j] != head.master(j / dim, j % dim))
            FAIL("weight " << j << " after step " << step);
          if (view[j] != head.view(j / dim, j % dim)) FAIL("16 bits of weight " << j);
        }
      }
    }
  }
}
