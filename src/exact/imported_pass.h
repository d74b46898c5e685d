// SPDX-License-Identifier: Apache-2.0
// What the rows of one pass through the layers of an imported model have in hand, and the products
// of all of them on all threads.
#pragma once

#include <algorithm>
#include <vector>

#include "exact/packed_matrix.h"
#include "exact/workers.h"

namespace llmz::exact {

// What fit() gives for the rows of a pass.
struct FittedRows {
  std::vector<int16_t> a;
  std::vector<int32_t> p;
  size_t columns = 0;  // padded
  void resize(size_t rows, size_t wide) {
    columns = padded(wide, kWideRun);
    a.resize(rows * columns);
    p.resize(rows);
  }
  FittedView view() const { return {a.data(), p.data(), p.size()}; }
};

// The outputs of a matrix for the rows of a pass.
struct WideRowsOf {
  std::vector<int64_t> values;
  size_t stride = 0;
  int64_t* row(int64_t i) { return values.data() + static_cast<size_t>(i) * stride; }
};

struct Product {
  const PackedMatrix* matrix;
  WideRowsOf* out;
};

inline void fit_row(const ImportedLoops& loops, WideRowsOf& from, size_t n, int64_t r,
                    FittedRows& to) {
  const auto i = static_cast<size_t>(r);
  to.p[i] = loops.fit(from.row(r), n, to.a.data() + i * to.columns);
}

// The outputs of several matrices that have the same inputs.
inline void multiply(const ImportedLoops& loops, Workers& workers, const FittedRows& in,
                     const std::vector<Product>& products) {
  constexpr int64_t kTaskRows = 32;  // of a matrix; a multiple of kWideRows
  std::vector<int64_t> first_task = {0};
  for (const Product& p : products) {
    const auto rows = static_cast<int64_t>(p.matrix->rows());
    first_task.push_back(first_task.back() + (rows + kTaskRows - 1) / kTaskRows);
  }
  workers.for_each(first_task.back(), [&](int64_t task) {
    size_t i = 0;
    while (task >= first_task[i + 1]) ++i;
    const PackedMatrix& m = *products[i].matrix;
    const auto first = static_cast<size_t>((task - first_task[i]) * kTaskRows);
    const size_t end = std::min(first + size_t{kTaskRows}, m.rows());
    loops.linear(m.view(), in.view(), first, end, products[i].out->values.data(),
                 products[i].out->stride);
  });
}

}  // namespace llmz::exact
