// SPDX-License-Identifier: Apache-2.0
// Does every build of the loops multiply as linear() of docs/exact-imported.md says, at the ends of
// what weights and vectors may be, for matrices and numbers of vectors of every shape?
#include <algorithm>
#include <random>

#include "exact/imported_pass.h"
#include "import_test_engine.h"

using namespace llmz;
using namespace llmz::test;

namespace {

constexpr int64_t kLimit = (int64_t{1} << 38) - 1;

// Half of the values are the ends of the range.
int64_t within(std::mt19937_64& random, int64_t limit) {
  const uint64_t r = random();
  if (r % 4 == 0) return limit;
  if (r % 4 == 1) return -limit;
  return static_cast<int64_t>(random() % static_cast<uint64_t>(2 * limit + 1)) - limit;
}

ImportedMatrix some_matrix(std::mt19937_64& random, uint32_t rows, uint32_t columns) {
  ImportedMatrix m;
  m.matrix.rows = rows;
  m.matrix.columns = columns;
  m.matrix.shift = 23 + static_cast<uint32_t>(random() % 20);
  for (uint32_t j = 0; j < rows; ++j) {
    // Of one sign, so that sums are as large as they can be; or mixed.
    const bool all_large = random() % 2 == 0;
    for (uint32_t i = 0; i < columns; ++i)
      m.matrix.weight.push_back(static_cast<int8_t>(all_large ? 127 : within(random, 127)));
    m.matrix.multiplier.push_back(static_cast<int32_t>(std::abs(within(random, (1 << 24) - 1))));
    if (rows % 32 == 0) m.bias.push_back(within(random, int64_t{1} << 61));
  }
  return m;
}

exact::FittedRows some_vectors(std::mt19937_64& random, size_t count, size_t columns) {
  exact::FittedRows in;
  in.resize(count, columns);
  for (size_t v = 0; v < count; ++v) {
    in.p[v] = static_cast<int32_t>(random() % 24);
    const uint64_t kind = random() % 3;
    for (size_t i = 0; i < columns; ++i) {
      const int64_t value = kind == 0 ? 32767 : kind == 1 ? -32767 : within(random, 32767);
      in.a[v * in.columns + i] = static_cast<int16_t>(value);
    }
  }
  return in;
}

int64_t linear(const ImportedMatrix& m, const exact::FittedRows& in, size_t v, size_t j) {
  const IntegerMatrix& w = m.matrix;
  int64_t sum = 0;
  for (size_t i = 0; i < w.columns; ++i)
    sum += int64_t{in.a[v * in.columns + i]} * w.weight[j * w.columns + i];
  const int shift = static_cast<int>(w.shift) - in.p[v];
  int64_t out = sum * w.multiplier[j] + (m.bias.empty() ? 0 : m.bias[j] >> in.p[v]);
  if (shift > 0) out = (out + (int64_t{1} << (shift - 1))) >> shift;
  return std::clamp(out, -kLimit, kLimit);
}

}  // namespace

TEST_CASE("every build of the loops gives the products of the document") {
  std::mt19937_64 random(11);
  struct Shape {
    uint32_t rows, columns;
  };
  for (const Shape shape : {Shape{16, 8}, {32, 32}, {7, 13}, {128, 40}, {160, 264}, {144, 4104}}) {
    const ImportedMatrix matrix = some_matrix(random, shape.rows, shape.columns);
    for (const size_t count : {1, 2, 3, 31, 32, 33, 70}) {
      const exact::FittedRows in = some_vectors(random, count, shape.columns);
      for (const auto& [name, loops] : imported_builds()) {
        CAPTURE(name, shape.rows, shape.columns, count);
        const exact::PackedMatrix packed(matrix, kLimit, *loops);
        exact::WideRowsOf out;
        out.stride = packed.rows();
        out.values.resize(count * out.stride);
        exact::Workers workers(2);
        exact::multiply(*loops, workers, in, {{&packed, &out}});
        size_t wrong = 0;
        for (size_t v = 0; v < count; ++v)
          for (size_t j = 0; j < shape.rows; ++j)
            wrong += out.row(static_cast<int64_t>(v))[j] != linear(matrix, in, v, j);
        CHECK(wrong == 0);
      }
    }
  }
}
