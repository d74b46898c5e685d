// SPDX-License-Identifier: Apache-2.0
// An exact model as docs/exact-arithmetic.md defines it: integers only, immutable after loading,
// shared by all engines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "exact/model_config.h"

namespace llmz {

// A matrix of small integers, row-major [rows][columns], with one multiplier for each row (output,
// or token of a table).
struct IntegerMatrix {
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint32_t shift = 0;               // of linear(); 0 for tables
  std::vector<int8_t> weight;       // within +-63; the head within +-127
  std::vector<int32_t> multiplier;  // nonnegative
};

struct ExactLayer {
  IntegerMatrix query, key, value, output, up, down;
};

// What learning does when the frame's header does not say otherwise.
struct HeadLearning {
  uint32_t rate = 0;       // of 2^24
  uint32_t threshold = 0;  // of 2^24
};

struct ExactModel {
  ModelConfig config;
  std::string name;
  IntegerMatrix embedding, previous, head;
  std::vector<ExactLayer> layers;
  uint32_t attention_multiplier = 0;
  std::vector<uint32_t> rotary_frequency;  // [head_dim / 2]
  std::vector<int16_t> sine;               // [1024]
  HeadLearning learning;
};

}  // namespace llmz
