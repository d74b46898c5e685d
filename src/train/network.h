// SPDX-License-Identifier: Apache-2.0
// The transformer of docs/exact-arithmetic.md in floating point, for training.
//
//   x = E[token] + P[previous token]
//   each layer:  a = norm(x);  q, k, v = Wq a, Wk a, Wv a (one key-value head);  q, k normalized
//   and rotated, v normalized
//                x += Wo norm(attention(q, k, v));   x += Wdown norm(relu(Wup norm(x))^2)
//   logits = Whead norm(x)
//
// RMSNorm without gain everywhere; every normalized activation lies on a fixed grid
// (quantization-aware training). The blocks: RMSNorm (Zhang and Sennrich 2019), rotary positions
// (Su et al. 2021), multi-query attention (Shazeer 2019), squared ReLU (So et al. 2021), query-key
// normalization (Henry et al. 2020), norms before the output projections (Wang et al. 2022,
// "sub-LN").
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

#include "exact/model_config.h"

namespace llmz::train {

// Attention weights are e^(kAttentionScale * q.k), where every dimension of q and k has a root mean
// square of 1.
constexpr double kAttentionScale = 0.2;
constexpr double kRotaryBase = 10000;

// The learned tensors, float32. Matrices are [outputs][inputs].
struct Parameters {
  std::vector<torch::Tensor> tensors;
  std::vector<std::string> names;
  std::vector<bool> is_matrix;  // takes Muon; the others take Adam

  static Parameters initialize(const ModelConfig& config, uint64_t seed);
  int64_t count() const;
};

// Index of a tensor in Parameters::tensors.
struct ParameterIndex {
  static constexpr size_t kEmbedding = 0, kPrevious = 1, kHead = 2, kFirstLayer = 3, kPerLayer = 6;
  static size_t layer(size_t l, size_t which) {
    return kFirstLayer + l * kPerLayer + which;
  }  // q k v o up down
};

// The weights of one step in the form that the products take: bfloat16, on the weight grid when
// rounding.
std::vector<torch::Tensor> prepare_weights(const Parameters& parameters, bool rounding);

// The loss of predicting tokens[batch][2 .. length + 1] (int64 [batch][length + 2]) from all before
// them; the first column is only the "previous token" of the second. length is a multiple of the
// window. Both run on the calling thread, on the processor.

// The sum of -ln p.
double loss(const ModelConfig& config, const std::vector<torch::Tensor>& weights,
            const torch::Tensor& tokens, bool rounding);

// The mean of -ln p. Adds its gradients to `gradients`: float32 in the shapes of the weights, so
// that nothing is lost where a row of a table is used many times.
double add_gradients(const ModelConfig& config, const std::vector<torch::Tensor>& weights,
                     const torch::Tensor& tokens, bool rounding,
                     std::vector<torch::Tensor>& gradients);

}  // namespace llmz::train
