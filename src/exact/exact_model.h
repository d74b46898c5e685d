// SPDX-License-Identifier: Apache-2.0
// An exact model as docs/exact-arithmetic.md defines it: integers only, immutable after loading,
// shared by all engines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "exact/imported_model.h"
#include "exact/integer_matrix.h"
#include "exact/model_config.h"

namespace llmz {

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
  // Instead of embedding, previous, head, layers and attention_multiplier. config.dim is then the
  // number of hidden components (one more than the body's width), config.window the body's
  // positions.
  std::optional<ImportedBody> imported;
};

// What the rest of llmz knows of an imported model's shape: model.config from
// model.imported->shape, all but the vocabulary.
inline void set_config(ExactModel& model) {
  const ImportedShape& s = model.imported->shape;
  model.config = {
      model.config.vocabulary, s.dim + 1, s.layers, s.heads, s.head_dim, s.hidden, s.positions};
}

}  // namespace llmz
