// SPDX-License-Identifier: Apache-2.0
// What positions and attention have in common in all transformers here.
#pragma once

#include <torch/types.h>

#include <vector>

#include "float/body.h"

namespace llmz::floating {

// Rotary positions: float32 [rows][1][head_dim / 2].
struct Angles {
  Tensor cosine, sine;
};
// turns: of a full circle, float64 [head_dim / 2] for each position from one to the next.
// Positions count from 0 in each sequence.
Angles angles_of(const std::vector<Sequence>& sequences, const Tensor& turns, at::Device device);

// x [rows][heads][head_dim]; dimension i turns with i + head_dim / 2.
Tensor rotate(const Tensor& x, const Angles& angles);

// Softmax attention over each sequence by itself: row i sees rows j <= i, the newest `window` of
// them where window > 0. query [rows][heads][head_dim], key and value [rows][kv_heads][head_dim],
// float32, the rows any distance apart. Gives [rows][heads * head_dim]. Scores are held for some
// rows at a time: about 32 MiB, or 16 rows.
Tensor attention(const std::vector<Sequence>& sequences, const Tensor& query, const Tensor& key,
                 const Tensor& value, int64_t window, double scale);

}  // namespace llmz::floating
