// SPDX-License-Identifier: Apache-2.0
// Integers that a model file holds.
#pragma once

#include <cstdint>
#include <vector>

namespace llmz {

// A matrix of small integers, row-major [rows][columns], with one multiplier for each row (output,
// or token of a table).
struct IntegerMatrix {
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint32_t shift = 0;               // of linear(); 0 for tables of docs/exact-arithmetic.md
  std::vector<int8_t> weight;       // within +-63; the head and imported ones within +-127
  std::vector<int32_t> multiplier;  // nonnegative
};

}  // namespace llmz
