// SPDX-License-Identifier: Apache-2.0
// The body of a transformer that was trained elsewhere (GPT-2, OPT, LLaMA, Mistral), in integers.
// What the numbers do: docs/exact-imported.md.
#pragma once

#include <cstdint>
#include <vector>

#include "exact/integer_matrix.h"

namespace llmz {

enum class Activation : uint8_t { kRelu = 0, kGelu = 1, kSilu = 2 };

// All that the families differ in.
struct ImportedShape {
  uint32_t dim = 0;  // width of the residual stream
  uint32_t layers = 0;
  uint32_t heads = 0;     // query heads
  uint32_t kv_heads = 0;  // key-value heads; query head h reads number h / (heads / kv_heads)
  uint32_t head_dim = 0;
  uint32_t hidden = 0;             // width of the feed-forward layer
  uint32_t positions = 0;          // tokens that a lane holds before it starts again
  bool layer_norm = false;         // the mean is subtracted; else RMSNorm
  bool gated = false;              // activation(gate) * up; else activation(up)
  bool learned_positions = false;  // a table added to the embedding; else rotary
  bool keeps_quarter = false;      // of its tokens, a full lane; else half
  Activation activation = Activation::kSilu;

  // The newest tokens that a full lane starts again with.
  uint32_t kept() const { return positions / (keeps_quarter ? 4 : 2); }
};

// A matrix of the imported body: weights within +-127, multipliers below 2^24.
struct ImportedMatrix {
  IntegerMatrix matrix;
  std::vector<int64_t> bias;  // one for each row, or empty; has the fraction bits of matrix.shift
};

struct ImportedLayer {
  std::vector<int32_t> attention_gain, feed_forward_gain;  // [dim], 24 fraction bits
  ImportedMatrix query, key, value, output;
  ImportedMatrix gate;  // rows == 0 where the shape is not gated
  ImportedMatrix up, down;
  uint32_t attention_multiplier = 0;
  uint32_t attention_shift = 0;
};

// The tables of rotary positions are those of ExactModel.
struct ImportedBody {
  ImportedShape shape;
  int64_t epsilon = 0;             // of the norms: epsilon * dim, 40 fraction bits
  IntegerMatrix embedding;         // [vocabulary + 1][dim]; the last row is the start token's
  std::vector<int32_t> positions;  // [positions][dim], 20 fraction bits; empty where rotary
  std::vector<ImportedLayer> layers;
  std::vector<int32_t> final_gain;  // [dim] of the hidden vector's components
  std::vector<int64_t> final_bias;
  std::vector<int16_t> head;  // [vocabulary][dim + 1], within +-32767: w at a block's start
};

}  // namespace llmz
