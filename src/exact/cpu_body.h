// SPDX-License-Identifier: Apache-2.0
// The body on a processor: oneDNN products and the integer loops between them, one group of lanes
// for each thread.
#pragma once

#include <memory>
#include <vector>

#include "base/thread_team.h"
#include "exact/cpu_kernels.h"
#include "exact/engine.h"
#include "exact/integer_product.h"

namespace llmz::exact {

// A matrix ready for products on biased inputs.
struct Linear {
  Linear(const std::vector<const IntegerMatrix*>& stacked, bool biased_input, unsigned members);
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

class CpuBody : public Body {
 public:
  CpuBody(const ExactModel& model, std::shared_ptr<ThreadTeam> team);
  ~CpuBody() override;
  void reset() override;
  void fork(uint32_t source, uint32_t lanes) override;
  std::unique_ptr<KeptState> keep(uint32_t lane) const override;
  void resume(const KeptState& state) override;
  void advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) override;
  void advance_as(unsigned worker, const std::vector<LaneTokens>& lanes, int8_t* hidden) override;

 private:
  struct Layer;
  struct Scratch;
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

  void run_group(const LaneTokens* begin, const LaneTokens* end, int8_t* hidden, Scratch& scratch);
  void embed(const std::vector<Row>& rows, Scratch& scratch);
  void mix_stream(const ExactLayer& layer, const std::vector<Row>& rows, Scratch& scratch);
  void run_rows(const std::vector<Row>& rows, int8_t* hidden, Scratch& scratch);
  void attention(const Layer& layer, size_t layer_index, const std::vector<Row>& rows,
                 Scratch& scratch);
  void turn_heads(const Layer& layer, size_t layer_index, const Row& row, int32_t* values,
                  const int32_t* turns, int8_t* queries, Scratch& scratch);
  void add_product(const Linear& matrix, size_t rows, Scratch& scratch);
  void feed_forward(const Layer& layer, size_t rows, Scratch& scratch);
  Scratch& scratch_of(unsigned worker);
  int8_t* keys(Lane& lane, size_t layer) const;
  int8_t* values(Lane& lane, size_t layer) const;

  const ExactModel& model_;
  const CpuKernels& kernels_;
  std::shared_ptr<ThreadTeam> team_;
  size_t capacity_, padded_heads_;
  bool keeps_embedding_;  // some layer adds it again
  NormSettings residual_norm_, head_norm_, value_norm_, joint_norm_, hidden_norm_;
  std::vector<Layer> layers_;
  std::vector<Lane> lanes_;
  std::vector<std::unique_ptr<Scratch>> scratch_;
};

}  // namespace llmz::exact
