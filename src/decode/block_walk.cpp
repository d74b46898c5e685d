// SPDX-License-Identifier: Apache-2.0
#include "decode/block_walk.h"

#include <algorithm>
#include <utility>

namespace llmz {
namespace {

// A round so short is done before another thread has begun.
constexpr uint64_t kAloneBytes = 16 << 10;

// While a short round is decoded: its steps beside those of other short texts.
class AmongOthers {
 public:
  AmongOthers(Body& body, bool short_round) : body_(short_round ? &body : nullptr) {
    if (body_) body_->join_others();
  }
  ~AmongOthers() {
    if (body_) body_->leave_others();
  }
  AmongOthers(const AmongOthers&) = delete;

 private:
  Body* const body_;
};

}  // namespace

BlockWalk::BlockWalk(Engine& engine, const Vocabulary& vocabulary, const ModelConfig& config,
                     uint32_t rate, uint32_t max_lanes, SpareThreads* spare)
    : engine_(engine),
      vocabulary_(vocabulary),
      config_(config),
      max_lanes_(max_lanes),
      lanes_(1),
      body_(engine, config.dim, std::max(2u, max_lanes), spare) {
  engine_.body->reset();
  engine_.head->reset(rate);
  frequencies_.resize(size_t{kGroupLanes} * config.vocabulary);
  gathered_.resize(size_t{kGroupLanes} * config.dim);
  coded_.resize(kGroupLanes);
}

BlockWalk::Kept BlockWalk::keep() const {
  const auto newest = static_cast<uint32_t>(lanes_.size()) - 1;
  return {block_bytes_, lanes_[newest].pending, engine_.body->keep(newest), engine_.head->keep()};
}

void BlockWalk::resume(const Kept& kept) {
  engine_.body->resume(*kept.body);
  engine_.head->resume(*kept.head);
  lanes_.assign(1, Lane{});
  lanes_[0].pending = kept.pending;
  block_bytes_ = kept.block_bytes;
}

// All lanes go on from where the last lane stopped: it has the newest text.
void BlockWalk::begin_lanes(uint32_t lanes) {
  const uint32_t source = static_cast<uint32_t>(lanes_.size()) - 1;
  const uint32_t pending = lanes_[source].pending;
  body_.fork(source, lanes);
  lanes_.assign(lanes, Lane{});
  for (Lane& lane : lanes_) lane.pending = pending;
}

void BlockWalk::begin_phase(const Phase& phase, TokenCoder& coder) {
  coder.begin_lanes(static_cast<uint32_t>(lanes_.size()) - 1, phase.lanes(),
                    phase.most_lane_bytes());
  begin_lanes(phase.lanes());
}

// Gives every lane its part of the tokens; returns how many tokens the phase takes.
size_t BlockWalk::cut_lanes(const Phase& phase, const uint32_t* tokens, size_t count) {
  size_t next = 0;
  for (uint32_t i = 0; i < phase.lanes(); ++i) {
    const size_t begin = next;
    const bool takes_rest = phase.ends_round() && i + 1 == phase.lanes();
    for (uint64_t bytes = 0; next < count && (takes_rest || bytes < phase.share_bytes()); ++next) {
      bytes += vocabulary_.bytes(tokens[next]).size();
    }
    lanes_[i].known = tokens + begin;
    lanes_[i].known_count = next - begin;
  }
  return next;
}

void BlockWalk::encode_round(const std::vector<uint32_t>& tokens, uint64_t round_bytes,
                             TokenCoder& coder) {
  size_t used = 0;
  uint64_t done = 0;
  helped_ = round_bytes > kAloneBytes;
  while (done < round_bytes) {
    Phase phase(block_bytes_, round_bytes - done, max_lanes_,
                static_cast<uint32_t>(vocabulary_.max_token_bytes()));
    begin_phase(phase, coder);
    used += cut_lanes(phase, tokens.data() + used, tokens.size() - used);
    run_phase(phase, true, coder);
    done += phase.total_bytes();
  }
  if (done != round_bytes || used != tokens.size())
    throw Error(ErrorKind::kInternal, "the tokens of a round have another length");
}

void BlockWalk::decode_round(uint64_t round_bytes, TokenCoder& coder, Bytes& content) {
  uint64_t done = 0;
  helped_ = round_bytes > kAloneBytes;
  const AmongOthers among(*engine_.body, !helped_);
  while (done < round_bytes) {
    Phase phase(block_bytes_, round_bytes - done, max_lanes_,
                static_cast<uint32_t>(vocabulary_.max_token_bytes()));
    begin_phase(phase, coder);
    run_phase(phase, false, coder);
    done += phase.total_bytes();
    for (const Lane& lane : lanes_) {
      for (uint32_t token : lane.decoded) {
        const std::string_view bytes = vocabulary_.bytes(token);
        content.insert(content.end(), bytes.begin(), bytes.end());
      }
    }
  }
  if (done != round_bytes)
    throw Error(ErrorKind::kCorrupt, "damaged: a round does not end at a token");
}

void BlockWalk::run_phase(Phase& phase, bool known, TokenCoder& coder) {
  for (uint32_t i = 0; i < phase.lanes(); ++i) {
    Lane& lane = lanes_[i];
    if (known && lane.known_count == 0) continue;
    lane.inputs.assign(1, lane.pending);
    if (known) lane.inputs.insert(lane.inputs.end(), lane.known, lane.known + lane.known_count - 1);
    ask(i);
  }
  if (helped_) body_.call_helpers();
  while (!phase.finished()) {
    for (uint32_t first = 0; first < phase.lanes(); first += kGroupLanes)
      code_group(first, phase, known, coder);
    if (++steps_ % 16 == 0 && progress) progress(block_bytes_ + phase.total_bytes());
  }
  block_bytes_ += phase.total_bytes();
}

// Asks the body for what comes behind a lane's hidden vectors, as far as the tokens are known.
void BlockWalk::ask(uint32_t i) {
  Lane& lane = lanes_[i];
  const size_t count = std::min(lane.inputs.size() - lane.asked, Body::kMaxTokensPerLane);
  if (count == 0) return;
  lane.next_hidden.resize(count * config_.dim);
  lane.next_count = count;
  body_.request(i, lane.inputs.data() + lane.asked, count, lane.next_hidden.data());
  lane.asked += count;
}

const int8_t* BlockWalk::next_hidden(uint32_t i) {
  Lane& lane = lanes_[i];
  if (lane.hidden_used == lane.hidden_count) {
    if (lane.next_count == 0) {
      // Nobody could know before that this lane would be active again.
      if (lane.asked == lane.inputs.size()) lane.inputs.push_back(lane.pending);
      ask(i);
    }
    body_.wait(i);
    std::swap(lane.hidden, lane.next_hidden);
    lane.hidden_count = std::exchange(lane.next_count, 0);
    lane.hidden_used = 0;
    ask(i);
  }
  return lane.hidden.data() + lane.hidden_used++ * config_.dim;
}

// The next step of the lanes from `first` on.
void BlockWalk::code_group(uint32_t first, Phase& phase, bool known, TokenCoder& coder) {
  active_.clear();
  for (uint32_t i = first; i < std::min(first + kGroupLanes, phase.lanes()); ++i) {
    if (phase.active(i)) active_.push_back(i);
  }
  if (active_.empty()) return;
  const size_t dim = config_.dim;
  for (size_t row = 0; row < active_.size(); ++row) {
    const Lane& lane = lanes_[active_[row]];
    if (known && lane.coded == lane.known_count)
      throw Error(ErrorKind::kInternal, "a lane ran out of tokens");
    std::copy_n(next_hidden(active_[row]), dim, gathered_.data() + row * dim);
  }
  engine_.head->frequencies(gathered_.data(), active_.size(), frequencies_.data());
  code_active(phase, known, coder);
  ask_ahead(phase, known);
  engine_.head->learn(gathered_.data(), frequencies_.data(), coded_.data(), active_.size());
}

void BlockWalk::code_active(Phase& phase, bool known, TokenCoder& coder) {
  const size_t vocabulary = config_.vocabulary;
  const bool with_logits = coder.wants_logits();
  if (with_logits) {
    logits_.resize(active_.size() * vocabulary);
    engine_.head->logits(gathered_.data(), active_.size(), logits_.data());
  }
  for (size_t row = 0; row < active_.size(); ++row) {
    Lane& lane = lanes_[active_[row]];
    const uint32_t token = known ? lane.known[lane.coded] : 0;
    if (with_logits) coder.logits(logits_.data() + row * vocabulary, config_.vocabulary, token);
    table_.assign(frequencies_.data() + row * vocabulary, config_.vocabulary);
    coded_[row] = lane.pending = coder.code(active_[row], table_, token);
    ++lane.coded;
    if (!known) lane.decoded.push_back(coded_[row]);
    phase.produced(active_[row], vocabulary_.bytes(coded_[row]).size());
  }
}

// What the group has coded may go into the body while it learns and the next one is coded. With one
// group there is little to do beside it.
void BlockWalk::ask_ahead(const Phase& phase, bool known) {
  if (!known) {
    for (uint32_t i : active_) {
      // An active lane stays so until its turn: the others can only come nearer to what is counted
      // for them.
      if (!phase.active(i)) continue;
      lanes_[i].inputs.push_back(lanes_[i].pending);
      ask(i);
    }
  }
  if (helped_ && (known || phase.lanes() > kGroupLanes)) body_.call_helpers();
}

}  // namespace llmz
