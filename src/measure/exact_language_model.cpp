// SPDX-License-Identifier: Apache-2.0
#include "measure/exact_language_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "entropy/range_coder.h"
#include "llmz_lab/scored_text.h"

namespace llmz {
namespace {

// More lanes make larger products; their keys and values should stay in the cache.
constexpr size_t kLanes = 32;
constexpr size_t kRowsOfHead = 64;

float bits_of(uint32_t frequency) {
  return static_cast<float>(kFrequencyBits - std::log2(static_cast<double>(frequency)));
}

}  // namespace

ExactLanguageModel::ExactLanguageModel(const ModelInfo& info, const EngineSettings& settings)
    : session_(settings) {
  session_.use(info);
  description_.name = info.name;
  description_.arithmetic = "exact integers";
  description_.fingerprint = info.fingerprint;
  description_.parameters = info.parameters;
  description_.weight_bytes = info.size_bytes;
  description_.vocabulary = session_.model().exact.config.vocabulary;
  session_.engine().head->reset(0);
}

void ExactLanguageModel::bits(const std::vector<Window>& windows, std::vector<float>& bits,
                              std::vector<Guesses>* guesses) {
  std::vector<size_t> offset(windows.size()), order(windows.size());
  size_t total = 0;
  for (size_t i = 0; i < windows.size(); ++i) {
    check_window(windows[i], description_);
    offset[i] = total;
    total += windows[i].count - windows[i].first_scored;
  }
  bits.resize(bits.size() + total);
  if (guesses) guesses->resize(guesses->size() + total);
  const Results results = {bits.data() + bits.size() - total,
                           guesses ? guesses->data() + guesses->size() - total : nullptr};
  // Windows of like length together, so that few lanes wait for the others to end.
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return windows[a].count > windows[b].count; });
  for (size_t first = 0; first < order.size(); first += kLanes) {
    std::vector<Reading> lanes;
    for (size_t i = first; i < std::min(first + kLanes, order.size()); ++i)
      lanes.push_back({&windows[order[i]], 0, offset[order[i]]});
    read_together(lanes, results);
  }
}

void ExactLanguageModel::read_together(std::vector<Reading>& lanes, const Results& results) {
  Body& body = *session_.engine().body;
  const size_t dim = session_.model().exact.config.dim;
  fed_.clear();
  body.reset();
  body.fork(0, static_cast<uint32_t>(lanes.size()));
  std::vector<int8_t> hidden;
  for (;;) {
    std::vector<LaneTokens> run;
    size_t rows = 0;
    for (uint32_t i = 0; i < lanes.size(); ++i) {
      const Reading& lane = lanes[i];
      // The last token is only a target.
      const size_t count = std::min(lane.window->count - 1 - lane.fed, Body::kMaxTokensPerLane);
      if (count > 0) run.push_back({i, lane.window->tokens + lane.fed, count});
      rows += count;
    }
    if (run.empty()) return;
    hidden.resize(rows * dim);
    body.advance(run, hidden.data());
    std::vector<const int8_t*> scored;
    std::vector<uint32_t> targets;
    std::vector<size_t> places;
    const int8_t* row = hidden.data();
    for (const LaneTokens& part : run) {
      Reading& lane = lanes[part.lane];
      for (size_t i = 0; i < part.count; ++i, row += dim) {
        const size_t target = ++lane.fed;
        if (target < lane.window->first_scored) continue;
        scored.push_back(row);
        targets.push_back(lane.window->tokens[target]);
        places.push_back(lane.place++);
      }
    }
    score(scored, targets, places, results);
  }
}

void ExactLanguageModel::score(const std::vector<const int8_t*>& hidden,
                               const std::vector<uint32_t>& targets,
                               const std::vector<size_t>& places, const Results& results) {
  const size_t dim = session_.model().exact.config.dim, vocabulary = description_.vocabulary;
  rows_.resize(kRowsOfHead * dim);
  frequencies_.resize(kRowsOfHead * vocabulary);
  for (size_t first = 0; first < hidden.size(); first += kRowsOfHead) {
    const size_t rows = std::min(kRowsOfHead, hidden.size() - first);
    for (size_t i = 0; i < rows; ++i) std::copy_n(hidden[first + i], dim, rows_.data() + i * dim);
    session_.engine().head->frequencies(rows_.data(), rows, frequencies_.data());
    for (size_t i = 0; i < rows; ++i) {
      const uint32_t* table = frequencies_.data() + i * vocabulary;
      const size_t place = places[first + i];
      results.bits[place] = bits_of(table[targets[first + i]]);
      if (results.guesses) results.guesses[place] = best_guesses(table, vocabulary);
    }
  }
}

void ExactLanguageModel::next(const uint32_t* tokens, size_t count,
                              std::vector<float>& log_probabilities) {
  Body& body = *session_.engine().body;
  const size_t dim = session_.model().exact.config.dim;
  const bool goes_on =
      !fed_.empty() && fed_.size() < count && std::equal(fed_.begin(), fed_.end(), tokens);
  if (!goes_on) {
    body.reset();
    fed_.clear();
  }
  std::vector<int8_t> hidden(Body::kMaxTokensPerLane * dim);
  size_t last = 0;
  for (size_t done = std::exchange(fed_, {tokens, tokens + count}).size(); done < count;
       done += last) {
    last = std::min(count - done, Body::kMaxTokensPerLane);
    body.advance({{0, tokens + done, last}}, hidden.data());
  }
  frequencies_.resize(std::max<size_t>(frequencies_.size(), description_.vocabulary));
  session_.engine().head->frequencies(hidden.data() + (last - 1) * dim, 1, frequencies_.data());
  log_probabilities.resize(description_.vocabulary);
  for (size_t i = 0; i < log_probabilities.size(); ++i)
    log_probabilities[i] = -bits_of(frequencies_[i]) * 0.69314718f;
}

}  // namespace llmz
