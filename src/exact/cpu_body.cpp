// SPDX-License-Identifier: Apache-2.0
#include "exact/cpu_body.h"

#include <omp.h>

#include <algorithm>

#include "base/processor.h"

namespace llmz::exact {

CpuWeights::CpuWeights(const ExactModel& model) : rows(model), steps(rows, usable_processors()) {}

CpuBody::CpuBody(std::shared_ptr<CpuWeights> weights, std::shared_ptr<ThreadTeam> team)
    : weights_(std::move(weights)), team_(std::move(team)), scratch_(team_->most_members()) {
  CpuBody::reset();
}

void CpuBody::reset() { lanes_.assign(1, weights_->rows.empty_lane()); }

void CpuBody::fork(uint32_t source, uint32_t lanes) {
  std::swap(lanes_[0], lanes_[source]);
  lanes_.resize(lanes);
  for (uint32_t i = 1; i < lanes; ++i) lanes_[i] = lanes_[0];
}

std::unique_ptr<KeptState> CpuBody::keep(uint32_t lane) const {
  return KeptStateOf<Lane>::of(lanes_[lane]);
}

void CpuBody::resume(const KeptState& state) {
  lanes_.resize(1);
  lanes_[0] = KeptStateOf<Lane>::in(state);
}

void CpuBody::join_others() {
  weights_->steps.join();
  joined_ = true;
}

void CpuBody::leave_others() {
  joined_ = false;
  weights_->steps.leave();
}

void CpuBody::advance(const std::vector<LaneTokens>& lanes, int8_t* hidden) {
  size_t total = 0;
  for (const LaneTokens& l : lanes) total += l.count;
  const unsigned members = team_->members();
  std::vector<size_t> first(members + 1, lanes.size()), offset(members + 1, total);
  size_t index = 0, rows = 0;
  for (unsigned member = 0; member < members; ++member) {
    first[member] = index;
    offset[member] = rows;
    while (index < lanes.size() && rows * members < total * (member + 1))
      rows += lanes[index++].count;
  }
  team_->run([&](unsigned member) {
    run_group(lanes.data() + first[member], lanes.data() + first[member + 1],
              hidden + offset[member] * weights_->rows.dim(), member);
  });
}

void CpuBody::advance_as(unsigned worker, const std::vector<LaneTokens>& lanes, int8_t* hidden) {
  omp_set_num_threads(1);  // oneDNN's own threads would wait for each other inside every product
  run_group(lanes.data(), lanes.data() + lanes.size(), hidden, worker);
}

CpuRows::Scratch& CpuBody::scratch_of(unsigned worker) {
  std::shared_ptr<CpuRows::Scratch>& scratch = scratch_[worker];
  if (!scratch) scratch = weights_->rows.make_scratch();
  return *scratch;
}

void CpuBody::run_group(const LaneTokens* begin, const LaneTokens* end, int8_t* hidden,
                        unsigned worker) {
  CpuRows::Scratch& scratch = scratch_of(worker);
  std::vector<CpuRows::Row> rows;
  auto flush = [&] {
    if (joined_) {
      weights_->steps.run(rows, hidden, scratch);
    } else {
      weights_->rows.run(rows, hidden, scratch);
    }
    hidden += rows.size() * weights_->rows.dim();
    rows.clear();
  };
  for (const LaneTokens* l = begin; l != end; ++l) {
    if (rows.size() + l->count > IntegerProduct::kMaxVectors) flush();
    Lane& lane = lanes_[l->lane];
    for (size_t i = 0; i < l->count; ++i) {
      rows.push_back({&lane, l->tokens[i], lane.last, lane.position});
      lane.last = l->tokens[i];
      ++lane.position;
    }
  }
  if (!rows.empty()) flush();
}

}  // namespace llmz::exact
