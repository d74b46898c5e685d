// SPDX-License-Identifier: Apache-2.0
// Do the integer loops, in every build that this processor can run, compute what the document says?
#include <catch2/catch.hpp>

#include <random>

#include "exact/cpu_kernels.h"
#include "exact_document.h"

namespace llmz::exact {
extern const CpuKernels kBaselineKernels;
#if defined(__x86_64__)
extern const CpuKernels kAvx2Kernels;
extern const CpuKernels kAvx512Kernels;
#endif
}  // namespace llmz::exact

using namespace llmz;
using exact::CpuKernels;

namespace {

std::vector<const CpuKernels*> builds() {
  std::vector<const CpuKernels*> all{&exact::kBaselineKernels};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    all.push_back(&exact::kAvx2Kernels);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    all.push_back(&exact::kAvx512Kernels);
#endif
  return all;
}

std::mt19937_64 random_source(7);

int64_t between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random_source() % static_cast<uint64_t>(high - low + 1));
}

// Vectors of every kind within +-limit: zero, all equal, one spike, extremes, all magnitudes.
std::vector<int32_t> some_vector(size_t n, int32_t limit) {
  std::vector<int32_t> x(n, 0);
  switch (random_source() % 8) {
    case 0:
      break;
    case 1:
      x.assign(n, static_cast<int32_t>(between(-limit, limit)));
      break;
    case 2:
      x.assign(n, random_source() % 2 ? limit : -limit);
      break;
    case 3:
      x[random_source() % n] = random_source() % 2 ? limit : -limit;
      break;
    case 4:
      x[random_source() % n] = 1;
      break;
    case 5:
      for (int32_t& v : x) v = random_source() % 2 ? limit : -limit;
      break;
    default:
      const int64_t reach = std::max<int64_t>(1, limit >> random_source() % 27);
      for (int32_t& v : x) v = static_cast<int32_t>(between(-reach, reach));
  }
  return x;
}

size_t some_size(size_t multiple, size_t largest) {
  return multiple * static_cast<size_t>(between(1, static_cast<int64_t>(largest / multiple)));
}

}  // namespace

TEST_CASE("isqrt is the floor of the root, up to the largest number") {
  for (int bit = 0; bit < 64; ++bit) {
    for (int64_t off = -2; off <= 2; ++off) {
      const uint64_t a = (uint64_t{1} << bit) + static_cast<uint64_t>(off);
      if (exact::isqrt(a) != document::isqrt(a)) FAIL(a);
    }
  }
  for (int i = 0; i < 20000; ++i) {
    const uint64_t root = random_source() >> (32 + random_source() % 32);
    for (uint64_t a : {root * root, root * root - 1, root * root + 2 * root, random_source()}) {
      if (exact::isqrt(a) != document::isqrt(a)) FAIL(a);
    }
  }
}

TEST_CASE("norm") {
  struct Use {
    uint64_t scale;
    int shift;
    size_t multiple, largest;
    int32_t limit;
  };
  const Use uses[] = {{16, 20, 32, 512, (1 << 27) - 1},
                      {1024, 16, 16, 128, (1 << 27) - 1},
                      {16, 20, 16, 2080, (1 << 27) - 1},
                      {12, 20, 32, 2080, 32767 * 32767 >> 6}};
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (const Use& use : uses) {
      for (int i = 0; i < 300; ++i) {
        const size_t n = some_size(use.multiple, use.largest);
        const std::vector<int32_t> x = some_vector(n, use.limit);
        std::vector<int32_t> y(n);
        kernels->norm(x.data(), n, {document::norm_constant(use.scale, n, use.shift), use.shift},
                      y.data());
        if (y != document::norm(x, use.scale, use.shift)) FAIL("scale " << use.scale << ", n " << n);
      }
    }
  }
}

TEST_CASE("the products' sums become linear()") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 1000; ++i) {
      const size_t n = some_size(16, 96);
      IntegerMatrix m;
      m.rows = static_cast<uint32_t>(n);
      m.columns = 1;
      m.shift = static_cast<uint32_t>(i % 41);
      m.weight.assign(n, 1);
      for (size_t j = 0; j < n; ++j) {
        m.multiplier.push_back(static_cast<int32_t>(
            random_source() % 8 == 0 ? INT32_MAX : random_source() % 2147483648u >> random_source() % 31));
      }
      const std::vector<int32_t> sums = some_vector(n, 1 << 24), bias = some_vector(n, 1 << 24);
      std::vector<int32_t> raw, out(n), x = some_vector(n, (1 << 27) - 1), expected, added;
      for (size_t j = 0; j < n; ++j) {
        raw.push_back(sums[j] + bias[j]);
        IntegerMatrix row = m;
        row.rows = 1;
        row.multiplier = {m.multiplier[j]};
        expected.push_back(document::linear(std::vector<int32_t>{sums[j]}, row)[0]);
        added.push_back(static_cast<int32_t>(
            document::clamp(document::Wide{x[j]} + expected[j], document::kStreamLimit)));
      }
      const int shift = static_cast<int>(m.shift);
      kernels->requantize(raw.data(), bias.data(), m.multiplier.data(), shift, (1 << 27) - 1, n, out.data());
      if (out != expected) FAIL("linear, shift " << shift);
      kernels->requantize(raw.data(), bias.data(), m.multiplier.data(), shift, 32767, n, out.data());
      if (out != document::clamped(expected, 32767)) FAIL("linear to 16 bits, shift " << shift);
      kernels->requantize_add(raw.data(), bias.data(), m.multiplier.data(), shift, n, x.data());
      if (x != added) FAIL("linear added to x, shift " << shift);
    }
  }
}

TEST_CASE("embedding, narrowing, squared ReLU, rotation") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 500; ++i) {
      const size_t n = some_size(32, 512);
      std::vector<int8_t> a, b;
      for (size_t j = 0; j < n; ++j) {
        a.push_back(static_cast<int8_t>(between(-63, 63)));
        b.push_back(static_cast<int8_t>(between(-63, 63)));
      }
      const int32_t am = static_cast<int32_t>(between(0, INT32_MAX) >> random_source() % 31);
      const int32_t bm = i % 5 == 0 ? INT32_MAX : static_cast<int32_t>(between(0, INT32_MAX) >> random_source() % 31);
      std::vector<int32_t> x(n), embedded;
      for (size_t j = 0; j < n; ++j) {
        embedded.push_back(static_cast<int32_t>(document::clamp(
            document::Wide{a[j]} * am + document::Wide{b[j]} * bm, document::kStreamLimit)));
      }
      kernels->embed(a.data(), am, b.data(), bm, n, x.data());
      if (x != embedded) FAIL("embed");

      const std::vector<int32_t> y = some_vector(n, i % 2 ? 300 : 1 << 20), z = some_vector(n, 32767);
      std::vector<int8_t> narrow(n);
      std::vector<uint8_t> biased(n), positive(n);
      std::vector<int32_t> r(n), from = y;
      for (int32_t& v : from) v = std::max(v, 0);
      kernels->narrow_signed(y.data(), n, narrow.data());
      kernels->narrow_biased(y.data(), n, biased.data());
      kernels->narrow_unsigned(from.data(), n, positive.data());
      kernels->relu2(z.data(), n, r.data());
      for (size_t j = 0; j < n; ++j) {
        const int64_t limited = document::clamp(y[j], 127);
        if (narrow[j] != limited || biased[j] != limited + 128) FAIL("narrow " << y[j]);
        if (positive[j] != std::min(from[j], 255)) FAIL("narrow, unsigned " << from[j]);
        const int64_t positive_z = std::max(z[j], 0);
        if (r[j] != positive_z * positive_z >> 6) FAIL("squared ReLU of " << z[j]);
      }

      const size_t d = some_size(16, 128);
      const std::vector<int32_t> head = document::norm(some_vector(d, (1 << 27) - 1), 1024, 16);
      std::vector<int16_t> cosine, sine;
      for (size_t j = 0; j < d / 2; ++j) {
        cosine.push_back(static_cast<int16_t>(between(-16384, 16384)));
        sine.push_back(static_cast<int16_t>(j % 3 == 0 ? 16384 : between(-16384, 16384)));
      }
      std::vector<int8_t> rotated(d);
      kernels->rotate(head.data(), cosine.data(), sine.data(), d, rotated.data());
      if (std::vector<int32_t>(rotated.begin(), rotated.end()) != document::rotate(head, cosine, sine))
        FAIL("rotate");
    }
  }
}

TEST_CASE("attention over a ring, wherever it begins") {
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 250; ++i) {
      const size_t window = i % 50 == 0 ? 1024 : some_size(16, 96), capacity = window + 64;
      const size_t d = some_size(16, 128), heads = 4 * static_cast<size_t>(between(1, 2));
      const size_t visible = i % 3 == 0 ? window : static_cast<size_t>(between(1, static_cast<int64_t>(window)));
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
      const uint32_t multiplier = i % 6 == 0 ? 32767 : static_cast<uint32_t>(between(0, 32767));

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
      const exact::AttentionView view{keys.data(), values.data(), capacity, d,         heads,
                                      first,       visible,       multiplier};
      std::vector<int32_t> scratch(exact::kHeadGroup * 3 / 2 * capacity), out(heads * d);
      kernels->attend(view, q.data(), scratch.data(), out.data());
      for (size_t h = 0; h < heads; ++h) {
        const std::vector<int32_t> one(q.begin() + static_cast<ptrdiff_t>(h * d),
                                       q.begin() + static_cast<ptrdiff_t>((h + 1) * d));
        const std::vector<int32_t> o = document::attend(one, k, v, multiplier);
        if (!std::equal(o.begin(), o.end(), out.begin() + static_cast<ptrdiff_t>(h * d)))
          FAIL("window " << window << ", visible " << visible << ", first " << first << ", head " << h);
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
          const uint32_t each = static_cast<uint32_t>(
              (random_source() % 2 ? 1 << 24 : vocabulary) / vocabulary);
          for (size_t j = 0; j < vocabulary; ++j) f[row * vocabulary + j] = each;
          f[row * vocabulary + random_source() % vocabulary] +=
              (1 << 24) - each * static_cast<uint32_t>(vocabulary);
        }
        const exact::LearnStep all{h.data(), f.data(), tokens.data(), rows, dim, vocabulary, rate, model.learning.threshold};
        const size_t middle = vocabulary / 32 * 16;  // as two threads would
        kernels->learn(all, master.data(), view.data(), 0, middle);
        kernels->learn(all, master.data(), view.data(), middle, vocabulary);
        head.learn(h.data(), f.data(), tokens.data(), rows, rate);
        for (size_t j = 0; j < master.size(); ++j) {
          if (master[j] != head.master(j / dim, j % dim)) FAIL("weight " << j << " after step " << step);
          if (view[j] != head.view(j / dim, j % dim)) FAIL("16 bits of weight " << j);
        }
      }
    }
  }
}
