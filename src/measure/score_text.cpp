// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "encode/estimate_observed.h"
#include "entropy/range_coder.h"
#include "llmz_lab/scored_text.h"

namespace llmz {
namespace {

class Scores : public TableObserver {
 public:
  explicit Scores(ScoredText& scored) : scored_(scored) {}

  void begin(const Vocabulary& vocabulary) override {
    vocabulary_size_ = vocabulary.size();
    scored_.bytes = [copy = vocabulary](uint32_t token) { return std::string(copy.bytes(token)); };
  }
  void round(const std::vector<uint32_t>& tokens) override {
    first_ = scored_.tokens.size();
    scored_.tokens.insert(scored_.tokens.end(), tokens.begin(), tokens.end());
    scored_.bits.resize(scored_.tokens.size());
    scored_.guesses.resize(scored_.tokens.size());
  }
  void table(size_t place, const uint32_t* frequencies) override {
    const size_t i = first_ + place;
    const uint32_t frequency = frequencies[scored_.tokens[i]];
    scored_.bits[i] =
        static_cast<float>(kFrequencyBits - std::log2(static_cast<double>(frequency)));
    scored_.guesses[i] = best_guesses(frequencies, vocabulary_size_);
  }

 private:
  ScoredText& scored_;
  size_t first_ = 0;  // of the round
  size_t vocabulary_size_ = 0;
};

}  // namespace

Guesses best_guesses(const uint32_t* frequencies, size_t vocabulary) {
  struct {
    uint32_t token, frequency;
  } best[std::tuple_size<Guesses>::value] = {};
  constexpr size_t kLast = std::tuple_size<Guesses>::value - 1;
  for (uint32_t token = 0; token < vocabulary; ++token) {
    if (frequencies[token] <= best[kLast].frequency) continue;
    size_t i = kLast;
    for (; i > 0 && frequencies[token] > best[i - 1].frequency; --i) best[i] = best[i - 1];
    best[i] = {token, frequencies[token]};
  }
  Guesses guesses;
  for (size_t i = 0; i <= kLast; ++i)
    guesses[i] = {best[i].token,
                  std::ldexp(static_cast<float>(best[i].frequency), -kFrequencyBits)};
  return guesses;
}

Estimate score_text(ByteSource& in, const Models& models, const CompressSettings& settings,
                    ScoredText& scored, const Progress& progress) {
  Scores scores(scored);
  return estimate_observed(in, models, settings, scores, progress);
}

}  // namespace llmz
