// SPDX-License-Identifier: Apache-2.0
#include "import/calibrate.h"

#include <algorithm>
#include <cmath>

namespace llmz::importer {

std::vector<int8_t> hidden_vectors(Engine& engine, const ExactModel& model,
                                   const std::vector<uint32_t>& tokens) {
  const size_t wide = model.config.dim;
  std::vector<uint32_t> input = {0};  // the start token
  input.insert(input.end(), tokens.begin(), tokens.end() - 1);
  std::vector<int8_t> all(input.size() * wide), hidden;
  engine.body->reset();
  for (size_t done = 0; done < input.size(); done += Body::kMaxTokensPerLane) {
    const size_t count = std::min(input.size() - done, Body::kMaxTokensPerLane);
    engine.body->advance({{0, input.data() + done, count}}, all.data() + done * wide);
  }
  for (size_t row = 0; row < input.size(); ++row) {
    const auto begin = all.begin() + static_cast<ptrdiff_t>(row * wide);
    hidden.insert(hidden.end(), begin, begin + static_cast<ptrdiff_t>(wide - 1));
  }
  return hidden;
}

HiddenRange filled_range(const std::vector<int8_t>& hidden, const HiddenRange& range) {
  constexpr double kRoom = 2;
  const size_t dim = range.half.size();
  HiddenRange filled;
  for (size_t i = 0; i < dim; ++i) {
    int low = 127, high = -127;
    // The start token's vector is like no other, and predicts one token.
    for (size_t at = i + dim; at < hidden.size(); at += dim) {
      low = std::min<int>(low, hidden[at]);
      high = std::max<int>(high, hidden[at]);
    }
    const double level = range.half[i] / 127;
    filled.middle.push_back(range.middle[i] + level * (low + high) / 2);
    filled.half.push_back(std::min(range.half[i], kRoom * level * ((high - low) / 2.0 + 1)));
  }
  return filled;
}

uint32_t learning_rate(const std::vector<int8_t>& hidden, uint32_t dim) {
  // A step moves the logit of a vector that comes again by rate * |h|^2; llmz's own models have 256
  // components of 16 levels.
  constexpr double kOwnSquares = 256 * 16 * 16;
  double squares = 0;
  for (int8_t h : hidden) squares += h * h;
  const double mean = squares / (static_cast<double>(hidden.size()) / dim) + 127 * 127;
  const double steps = train::kDefaultLearning.rate / 1024 * kOwnSquares / mean;
  return 1024 * static_cast<uint32_t>(std::clamp(std::round(steps), 1.0, 255.0));
}

double coded_bits(Engine& engine, const ExactModel& model, const std::vector<int8_t>& hidden,
                  const std::vector<uint32_t>& tokens) {
  const size_t dim = model.config.dim - 1, vocabulary = model.config.vocabulary;
  constexpr size_t kRows = 32;
  std::vector<int8_t> rows(kRows * (dim + 1), 127);
  std::vector<uint32_t> frequencies(kRows * vocabulary);
  engine.head->reset(0);
  double bits = 0;
  for (size_t done = 0; done < tokens.size(); done += kRows) {
    const size_t count = std::min(kRows, tokens.size() - done);
    for (size_t i = 0; i < count; ++i)
      std::copy_n(hidden.data() + (done + i) * dim, dim, rows.data() + i * (dim + 1));
    engine.head->frequencies(rows.data(), count, frequencies.data());
    for (size_t i = 0; i < count; ++i)
      bits += 24 - std::log2(frequencies[i * vocabulary + tokens[done + i]]);
  }
  return bits;
}

}  // namespace llmz::importer
