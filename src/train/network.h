// SPDX-License-Identifier: Apache-2.0
// The transformer of docs/exact-arithmetic.md in floating point, for training.
//
//   x = x0 = E[token] + P[previous token];   g = G[pair of the two], where there is such a table
//   each layer:  x = a x + b x0 + c g, three scalars for each layer
//                n = norm(x);  q, k, v = Wq n, Wk n, Wv n (one key-value head)
//                q, k normalized and rotated;  v += U[token], in some layers;  v normalized
//                x += Wo norm(attention(q, k, v));   x += Wdown norm(relu(Wup norm(x))^2)
//   logits = Whead norm(x)
//
// RMSNorm without gain everywhere; every normalized activation lies on a fixed grid
// (quantization-aware training). The blocks: RMSNorm (Zhang and Sennrich 2019), rotary positions
// (Su et al. 2021), multi-query attention (Shazeer 2019), squared ReLU (So et al. 2021), query-key
// normalization (Henry et al. 2020), norms before the output projections (Wang et al. 2022,
// "sub-LN"); scalars of the residual stream and of its input, value embeddings and the table of
// token pairs (modded-nanogpt and nanochat, 2024-2026).
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "exact/model_config.h"

namespace llmz::train {

// Attention weights are e^(s q.k), where every dimension of q and k has a root mean square of 1; s
// is learned for each head, begins at kAttentionScale and stays within what the integers hold.
constexpr double kAttentionScale = 0.2, kMinAttentionScale = 0.01, kMaxAttentionScale = 1.3;
// The scalars of the residual stream stay within +-kMaxScalar.
constexpr double kMaxScalar = 7.9;
constexpr double kRotaryBase = 10000;

// The learned tensors, float32. Matrices are [outputs][inputs].
struct Parameters {
  std::vector<torch::Tensor> tensors;
  std::vector<std::string> names;
  std::vector<bool> is_matrix;  // takes Muon; the others take Adam

  static Parameters initialize(const ModelConfig& config, uint64_t seed);
  int64_t count() const;
  // Takes all tensors of `other`, by their names; what it lacks stays. Throws kUsage when one is
  // not here or has another shape.
  void take(const Parameters& other);
};

// Brings the scalars back into the range that their integers have.
void limit_scalars(const ModelConfig& config, Parameters& parameters);

// Index of a tensor in Parameters::tensors.
struct ParameterIndex {
  static constexpr size_t kEmbedding = 0, kPrevious = 1, kHead = 2, kFirstLayer = 3, kPerLayer = 6;
  static size_t layer(size_t l, size_t which) {
    return kFirstLayer + l * kPerLayer + which;
  }  // q k v o up down
  // [layers][3]: a, b, c.
  static size_t scalars(const ModelConfig& c) { return layer(c.layers, 0); }
  // [layers][heads].
  static size_t attention_scale(const ModelConfig& c) { return scalars(c) + 1; }
  // [pair_rows][dim]; only where there is such a table.
  static size_t pairs(const ModelConfig& c) { return scalars(c) + 2; }
  // [vocabulary][head_dim]; only for layers that have one.
  static size_t value_embedding(const ModelConfig& c, size_t l) {
    return scalars(c) + 2 + (c.pair_rows > 0) + l / c.value_every;
  }
};

// The weights of one step in the form that the products take: bfloat16, on the weight grid when
// rounding. The scalars stay in float32.
std::vector<torch::Tensor> prepare_weights(const ModelConfig& config, const Parameters& parameters,
                                           bool rounding);

// The loss of predicting tokens[batch][2 .. length + 1] (int64 [batch][length + 2]) from all before
// them; the first column is only the "previous token" of the second. length is a multiple of the
// window. Both run on the calling thread, on the processor.

// What the head reads: bfloat16 [batch * length][dim].
torch::Tensor hidden_vectors(const ModelConfig& config, const std::vector<torch::Tensor>& weights,
                             const torch::Tensor& tokens, bool rounding);

// The sum of -ln p.
double loss(const ModelConfig& config, const std::vector<torch::Tensor>& weights,
            const torch::Tensor& tokens, bool rounding);

// The mean of -ln p. Adds its gradients to `gradients`: float32 in the shapes of the weights, so
// that nothing is lost where a row of a table is used many times.
double add_gradients(const ModelConfig& config, const std::vector<torch::Tensor>& weights,
                     const torch::Tensor& tokens, bool rounding,
                     std::vector<torch::Tensor>& gradients);

}  // namespace llmz::train
