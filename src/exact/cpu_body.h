// SPDX-License-Identifier: Apache-2.0
// The body on a processor: the lanes, and which thread computes which of them.
#pragma once

#include <memory>
#include <vector>

#include "base/thread_team.h"
#include "exact/cpu_rows.h"
#include "exact/engine.h"
#include "exact/joined_steps.h"

namespace llmz::exact {

// What the bodies of one model share.
struct CpuWeights : EngineWeights {
  explicit CpuWeights(const ExactModel& model);
  CpuRows rows;
  JoinedSteps steps;
};

class CpuBody : public Body {
 public:
  CpuBody(std::shared_ptr<CpuWeights> weights, std::shared_ptr<ThreadTeam> team);
  void reset() override;
  void fork(uint32_t source, uint32_t lanes) override;
  std::unique_ptr<KeptState> keep(uint32_t lane) const override;
  void resume(const KeptState& state) override;
  void advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) override;
  void advance_as(unsigned worker, const std::vector<LaneTokens>& lanes, int8_t* hidden) override;
  void join_others() override;
  void leave_others() override;

 private:
  using Lane = CpuRows::Lane;

  void run_group(const LaneTokens* begin, const LaneTokens* end, int8_t* hidden, unsigned worker);
  CpuRows::Scratch& scratch_of(unsigned worker);

  std::shared_ptr<CpuWeights> weights_;
  std::shared_ptr<ThreadTeam> team_;
  bool joined_ = false;
  std::vector<Lane> lanes_;
  std::vector<std::shared_ptr<CpuRows::Scratch>> scratch_;
};

}  // namespace llmz::exact
