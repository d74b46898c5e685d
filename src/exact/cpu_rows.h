// SPDX-License-Identifier: Apache-2.0
// What the body computes on a processor for rows of any lanes, also of several bodies: oneDNN
// products and the integer loops between them. The weights are packed once, for all that share it.
#pragma once

#include <memory>
#include <vector>

#include "exact/cpu_kernels.h"
#include "exact/engine.h"
#include "exact/integer_product.h"

namespace llmz::exact {

// A matrix ready for products on biased inputs.
struct Linear {
  Linear(const std::vector<const IntegerMatrix*>& stacked, bool biased_input);
  std::vector<int8_t> stacked_weight;  // before `product`, which reads it
  IntegerProduct product;
  std::vector<int32_t> correction;  // 128 * the row's sum where the input has zero point 128
  std::vector<int32_t> multiplier;
  std::vector<int> shifts;  // of each stacked matrix
  std::vector<bool> fits;   // Rescale::fits of each
  // Of the stacked matrix `part`, whose rows begin at `first_row`.
  Rescale rescale(size_t part = 0, size_t first_row = 0) const {
    return {correction.data() + first_row, multiplier.data() + first_row, shifts[part], fits[part]};
  }
};

class CpuRows {
 public:
  struct Lane {
    uint64_t position = 0;     // tokens consumed
    uint32_t last = 0;         // of them
    std::vector<int8_t> ring;  // [layer][keys, values][capacity * head_dim]
  };
  struct Row {
    Lane* lane;
    uint32_t token, previous;
    uint64_t position;
  };
  struct Scratch;  // what one thread computes with

  // The model outlives it.
  explicit CpuRows(const ExactModel& model);
  ~CpuRows();

  Lane empty_lane() const;
  std::shared_ptr<Scratch> make_scratch() const;
  // Hidden vectors, int8 [rows][dim], of at most IntegerProduct::kMaxVectors rows; those of one
  // lane in their order. Any threads at once, for different lanes.
  void run(const std::vector<Row>& rows, int8_t* hidden, Scratch& scratch) const;
  size_t dim() const { return model_.config.dim; }

 private:
  struct Layer;

  void embed(const std::vector<Row>& rows, Scratch& scratch) const;
  void mix_stream(const ExactLayer& layer, const std::vector<Row>& rows, Scratch& scratch) const;
  void attention(size_t layer_index, const std::vector<Row>& rows, Scratch& scratch) const;
  void turn_heads(size_t layer_index, const Row& row, int32_t* values, const int32_t* turns,
                  int8_t* queries, Scratch& scratch) const;
  void product(size_t layer_index, size_t which, size_t rows, Scratch& scratch) const;
  void add_product(size_t layer_index, size_t which, size_t rows, Scratch& scratch) const;
  void feed_forward(size_t layer_index, size_t rows, Scratch& scratch) const;
  int8_t* keys(Lane& lane, size_t layer) const;
  int8_t* values(Lane& lane, size_t layer) const;

  const ExactModel& model_;
  const CpuKernels& kernels_;
  size_t capacity_, padded_heads_;
  bool keeps_embedding_;  // some layer adds it again
  NormSettings residual_norm_, head_norm_, value_norm_, joint_norm_, hidden_norm_;
  std::vector<Layer> layers_;
};

}  // namespace llmz::exact
