// SPDX-License-Identifier: Apache-2.0
// Do the integer loops between the products, in every build that this processor can run, compute
// what the document says?
#include <catch2/catch.hpp>

#include "exact_kernel_builds.h"

using namespace llmz;
using namespace llmz::test;

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
        const size_t n = some_size(use.multiple, use.largest),
                     rows = static_cast<size_t>(between(1, 20));
        std::vector<int32_t> x, expected;
        for (size_t r = 0; r < rows; ++r) {
          const std::vector<int32_t> row = some_vector(n, use.limit),
                                     normed = document::norm(row, use.scale, use.shift);
          x.insert(x.end(), row.begin(), row.end());
          expected.insert(expected.end(), normed.begin(), normed.end());
        }
        const exact::NormSettings settings{document::norm_constant(use.scale, n, use.shift),
                                           use.shift};
        std::vector<int32_t> y(x.size());
        std::vector<int8_t> narrow(x.size());
        std::vector<uint8_t> biased(x.size()), positive(x.size());
        kernels->norm(x.data(), rows, n, settings, y.data());
        if (y != expected) FAIL("scale " << use.scale << ", n " << n);
        kernels->norm_signed(x.data(), rows, n, settings, narrow.data());
        kernels->norm_biased(x.data(), rows, n, settings, biased.data());
        kernels->norm_unsigned(x.data(), rows, n, settings, positive.data());
        for (size_t j = 0; j < y.size(); ++j) {
          const int64_t limited = document::clamp(y[j], 127);
          if (narrow[j] != limited || biased[j] != limited + 128) FAIL("narrow " << y[j]);
          if (positive[j] != std::clamp(y[j], 0, 255)) FAIL("narrow, unsigned " << y[j]);
        }
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
            random_source() % 8 == 0 ? INT32_MAX
                                     : random_source() % 2147483648u >> random_source() % 31));
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
      int64_t largest = 0;
      for (size_t j = 0; j < n; ++j)
        largest = std::max(largest, std::abs(int64_t{sums[j]}) * m.multiplier[j] >> shift);
      for (const bool fits : {false, true}) {
        if (fits && largest >= INT32_MAX) continue;
        const exact::Rescale rescale{bias.data(), m.multiplier.data(), shift, fits};
        std::vector<int32_t> y = x;
        kernels->requantize(rescale, raw.data(), (1 << 27) - 1, n, out.data());
        if (out != expected) FAIL("linear, shift " << shift);
        kernels->requantize(rescale, raw.data(), 32767, n, out.data());
        if (out != document::clamped(expected, 32767)) FAIL("linear to 16 bits, shift " << shift);
        kernels->requantize_add(rescale, raw.data(), n, y.data());
        if (y != added) FAIL("linear added to x, shift " << shift);
      }
    }
  }
}

TEST_CASE("what a layer adds up") {
  constexpr int32_t kLimit = LayerScalars::kLimit;
  const auto some_scalar = [&] {
    const int64_t kinds[] = {0, LayerScalars::kOne, kLimit, -kLimit, between(-kLimit, kLimit)};
    return static_cast<int32_t>(kinds[random_source() % 5]);
  };
  for (const CpuKernels* kernels : builds()) {
    CAPTURE(kernels->name);
    for (int i = 0; i < 1000; ++i) {
      const size_t n = some_size(16, 512);
      const bool pairs = i % 3 != 0;
      const int32_t multiplier =
          i % 5 == 0 ? 1 << 21 : static_cast<int32_t>(between(0, 1 << 21) >> random_source() % 21);
      const std::vector<int32_t> x = some_vector(n, (1 << 27) - 1),
                                 x0 = some_vector(n, (1 << 27) - 1);
      std::vector<int8_t> weight;
      for (int32_t w : some_vector(n, 63)) weight.push_back(static_cast<int8_t>(w));
      const exact::StreamMix mix{x0.data(),     pairs ? weight.data() : nullptr,
                                 multiplier,    some_scalar(),
                                 some_scalar(), some_scalar()};
      std::vector<int32_t> mixed = x, added = x, expected, sum;
      for (size_t j = 0; j < n; ++j) {
        const int64_t row = int64_t{weight[j]} * multiplier;
        expected.push_back(document::mixed(x[j], x0[j], pairs ? row : 0, mix.stream_scalar,
                                           mix.embedding_scalar, mix.pair_scalar));
        sum.push_back(static_cast<int32_t>(
            document::clamp(document::Wide{x[j]} + row, document::kStreamLimit)));
      }
      kernels->mix_stream(mix, n, mixed.data());
      if (mixed != expected) FAIL("the stream, with pairs: " << pairs);
      kernels->add_row(weight.data(), multiplier, n, added.data());
      if (added != sum) FAIL("a row of a value embedding");
    }
  }
}

TEST_CASE("embedding, squared ReLU, rotation") {
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
      const int32_t bm = i % 5 == 0
                             ? INT32_MAX
                             : static_cast<int32_t>(between(0, INT32_MAX) >> random_source() % 31);
      std::vector<int32_t> x(n), embedded;
      for (size_t j = 0; j < n; ++j) {
        embedded.push_back(static_cast<int32_t>(document::clamp(
            document::Wide{a[j]} * am + document::Wide{b[j]} * bm, document::kStreamLimit)));
      }
      kernels->embed(a.data(), am, b.data(), bm, n, x.data());
      if (x != embedded) FAIL("embed");

      const std::vector<int32_t> z = some_vector(n, 32767);
      std::vector<int32_t> r(n);
      kernels->relu2(z.data(), n, r.data());
      for (size_t j = 0; j < n; ++j) {
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
      std::vector<int32_t> turns(d);
      for (size_t j = 0; j < d / 2; ++j)
        exact::rotation_pairs(cosine[j], sine[j], &turns[j], &turns[d / 2 + j]);
      std::vector<int8_t> rotated(d);
      kernels->rotate(head.data(), turns.data(), d, rotated.data());
      if (std::vector<int32_t>(rotated.begin(), rotated.end()) !=
          document::rotate(head, cosine, sine))
        FAIL("rotate");
    }
  }
}
