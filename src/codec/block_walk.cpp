// SPDX-License-Identifier: Apache-2.0
#include "codec/block_walk.h"

#include <algorithm>

namespace llmz {

BlockWalk::BlockWalk(Engine& engine, const Vocabulary& vocabulary, const ModelConfig& config,
                     uint32_t rate, uint32_t max_lanes)
    : engine_(engine), vocabulary_(vocabulary), config_(config), max_lanes_(max_lanes), lanes_(1) {
  engine_.body->reset();
  engine_.head->reset(rate);
  frequencies_.resize(size_t{max_lanes} * config.vocabulary);
  gathered_.resize(size_t{max_lanes} * config.dim);
  coded_.resize(max_lanes);
}

// All lanes go on from where the last lane stopped: it has the newest text.
void BlockWalk::begin_lanes(uint32_t lanes) {
  const uint32_t source = static_cast<uint32_t>(lanes_.size()) - 1;
  const uint32_t pending = lanes_[source].pending;
  engine_.body->fork(source, lanes);
  lanes_.assign(lanes, Lane{});
  for (Lane& lane : lanes_) lane.pending = pending;
}

void BlockWalk::begin_stretch(const Stretch& stretch, TokenCoder& coder) {
  coder.begin_lanes(static_cast<uint32_t>(lanes_.size()) - 1, stretch.lanes(),
                    stretch.most_lane_bytes());
  begin_lanes(stretch.lanes());
}

// Gives every lane its part of the tokens; returns how many tokens the stretch takes.
size_t BlockWalk::cut_lanes(const Stretch& stretch, const uint32_t* tokens, size_t count) {
  size_t next = 0;
  for (uint32_t i = 0; i < stretch.lanes(); ++i) {
    const size_t begin = next;
    const bool takes_rest = stretch.ends_round() && i + 1 == stretch.lanes();
    for (uint64_t bytes = 0; next < count && (takes_rest || bytes < stretch.share_bytes());
         ++next) {
      bytes += vocabulary_.bytes(tokens[next]).size();
    }
    lanes_[i].known = tokens + begin;
    lanes_[i].known_count = next - begin;
  }
  return next;
}

void BlockWalk::known_round(const std::vector<uint32_t>& tokens, uint64_t round_bytes,
                            TokenCoder& coder) {
  size_t used = 0;
  uint64_t done = 0;
  while (done < round_bytes) {
    Stretch stretch(block_bytes_, round_bytes - done, max_lanes_,
                    static_cast<uint32_t>(vocabulary_.max_token_bytes()));
    begin_stretch(stretch, coder);
    used += cut_lanes(stretch, tokens.data() + used, tokens.size() - used);
    run_stretch(stretch, true, coder);
    done += stretch.total_bytes();
  }
  if (done != round_bytes || used != tokens.size())
    throw Error(ErrorKind::kInternal, "the tokens of a round have another length");
}

void BlockWalk::measure_frozen_round(const std::vector<uint32_t>& tokens, uint64_t round_bytes,
                                     TokenCoder& coder) {
  // Context is what every lane has read of its own part, and the end of the round before: a part
  // must not be short.
  constexpr uint64_t kPartBytes = 16 << 10;
  const auto lanes = static_cast<uint32_t>(
      std::clamp<uint64_t>(round_bytes / kPartBytes, 1, std::max(max_lanes_, 1u)));
  begin_lanes(lanes);
  for (uint32_t i = 0; i < lanes; ++i) {
    const size_t begin = tokens.size() * i / lanes, end = tokens.size() * (i + 1) / lanes;
    lanes_[i].known = tokens.data() + begin;
    lanes_[i].known_count = end - begin;
  }
  measure_frozen_stretch(coder);
  block_bytes_ += round_bytes;
}

void BlockWalk::measure_frozen_stretch(TokenCoder& coder) {
  const size_t vocabulary = config_.vocabulary;
  std::vector<uint32_t> active;
  uint64_t done = 0;
  while (true) {
    active.clear();
    for (uint32_t i = 0; i < lanes_.size(); ++i) {
      if (lanes_[i].coded < lanes_[i].known_count) active.push_back(i);
    }
    if (active.empty()) return;
    refill(active, true);
    for (uint32_t i : active) {
      Lane& lane = lanes_[i];
      frequencies_.resize(std::max(frequencies_.size(), lane.hidden_count * vocabulary));
      engine_.head->frequencies(lane.hidden.data(), lane.hidden_count, frequencies_.data());
      for (size_t row = 0; row < lane.hidden_count; ++row) {
        table_.assign(frequencies_.data() + row * vocabulary, config_.vocabulary);
        lane.pending = coder.code(i, table_, lane.known[lane.coded++]);
        done += vocabulary_.bytes(lane.pending).size();
      }
      lane.hidden_used = lane.hidden_count;
    }
    if (progress) progress(block_bytes_ + done);
  }
}

void BlockWalk::unknown_round(uint64_t round_bytes, TokenCoder& coder, Bytes& content) {
  uint64_t done = 0;
  while (done < round_bytes) {
    Stretch stretch(block_bytes_, round_bytes - done, max_lanes_,
                    static_cast<uint32_t>(vocabulary_.max_token_bytes()));
    begin_stretch(stretch, coder);
    run_stretch(stretch, false, coder);
    done += stretch.total_bytes();
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

void BlockWalk::run_stretch(Stretch& stretch, bool known, TokenCoder& coder) {
  std::vector<uint32_t> active;
  while (!stretch.finished()) {
    active.clear();
    for (uint32_t i = 0; i < stretch.lanes(); ++i) {
      if (stretch.active(i)) active.push_back(i);
    }
    if (known) {
      for (uint32_t i : active) {
        if (lanes_[i].coded == lanes_[i].known_count)
          throw Error(ErrorKind::kInternal, "a lane ran out of tokens");
      }
    }
    refill(active, known);
    code_step(active, stretch, known, coder);
    if (++steps_ % 16 == 0 && progress) progress(block_bytes_ + stretch.total_bytes());
  }
  block_bytes_ += stretch.total_bytes();
}

// Runs the body where a lane has no hidden vector left: for as many tokens as are known, else for
// the pending one.
void BlockWalk::refill(const std::vector<uint32_t>& active, bool known) {
  std::vector<LaneTokens> run;
  std::vector<std::vector<uint32_t>> inputs;
  inputs.reserve(active.size());
  size_t rows = 0;
  for (uint32_t i : active) {
    Lane& lane = lanes_[i];
    if (lane.hidden_used < lane.hidden_count) continue;
    const size_t count =
        known ? std::min(lane.known_count - lane.coded, Body::kMaxTokensPerLane) : 1;
    inputs.push_back({lane.pending});
    for (size_t k = 1; k < count; ++k) inputs.back().push_back(lane.known[lane.coded + k - 1]);
    run.push_back({i, inputs.back().data(), count});
    rows += count;
  }
  if (run.empty()) return;
  std::vector<int8_t> hidden(rows * config_.dim);
  engine_.body->advance(run, hidden.data());
  const int8_t* from = hidden.data();
  for (const LaneTokens& r : run) {
    Lane& lane = lanes_[r.lane];
    lane.hidden.assign(from, from + r.count * config_.dim);
    lane.hidden_count = r.count;
    lane.hidden_used = 0;
    from += r.count * config_.dim;
  }
}

void BlockWalk::code_step(const std::vector<uint32_t>& active, Stretch& stretch, bool known,
                          TokenCoder& coder) {
  const size_t dim = config_.dim, vocabulary = config_.vocabulary;
  for (size_t row = 0; row < active.size(); ++row) {
    Lane& lane = lanes_[active[row]];
    std::copy_n(lane.hidden.data() + lane.hidden_used++ * dim, dim, gathered_.data() + row * dim);
  }
  engine_.head->frequencies(gathered_.data(), active.size(), frequencies_.data());
  const bool with_logits = coder.wants_logits();
  if (with_logits) {
    logits_.resize(active.size() * vocabulary);
    engine_.head->logits(gathered_.data(), active.size(), logits_.data());
  }
  for (size_t row = 0; row < active.size(); ++row) {
    Lane& lane = lanes_[active[row]];
    const uint32_t token = known ? lane.known[lane.coded] : 0;
    if (with_logits) coder.logits(logits_.data() + row * vocabulary, config_.vocabulary, token);
    table_.assign(frequencies_.data() + row * vocabulary, config_.vocabulary);
    coded_[row] = lane.pending = coder.code(active[row], table_, token);
    ++lane.coded;
    if (!known) lane.decoded.push_back(coded_[row]);
    stretch.produced(active[row], vocabulary_.bytes(coded_[row]).size());
  }
  engine_.head->learn(gathered_.data(), frequencies_.data(), coded_.data(), active.size());
}

}  // namespace llmz
