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

// What a layer's input is made of: the stream, its beginning (the embedding) and the row of pairs.
// 14 fraction bits.
struct LayerScalars {
  int32_t stream = kOne, embedding = 0, pair = 0;
  static constexpr int32_t kOne = 1 << 14, kLimit = 1 << 17;
  bool are_neutral() const { return stream == kOne && embedding == 0 && pair == 0; }
};

struct ExactLayer {
  IntegerMatrix query, key, value, output, up, down;
  IntegerMatrix value_embedding;  // [vocabulary][head_dim], in the layers that have one
  LayerScalars scalars;
  std::vector<uint32_t> attention_multiplier;  // [heads], 22 fraction bits
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
  IntegerMatrix pairs;  // [pair_rows][dim], if there are any
  std::vector<ExactLayer> layers;
  std::vector<uint32_t> rotary_frequency;  // [head_dim / 2]
  std::vector<int16_t> sine;               // [1024]
  HeadLearning learning;
  // Instead of embedding, previous, head, pairs and layers. config.dim is then the number of hidden
  // components (one more than the body's width), config.window the body's positions.
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
