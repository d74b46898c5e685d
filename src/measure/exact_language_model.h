// SPDX-License-Identifier: Apache-2.0
// An llmz model as a LanguageModel: its exact integers, the head frozen, bits of the frequencies
// that the coder would use.
#pragma once

#include <memory>

#include "decode/session.h"
#include "llmz_lab/language_model.h"

namespace llmz {

// Windows begin with token 0, which the body is fed at a block's start. They go through the body in
// lockstep, one window a lane.
class ExactLanguageModel : public LanguageModel {
 public:
  // Throws kModelMissing and kModelBad as Session::use() does.
  ExactLanguageModel(const ModelInfo& info, const EngineSettings& settings);

  const Description& description() const override { return description_; }
  void bits(const std::vector<Window>& windows, std::vector<float>& bits,
            std::vector<Guesses>* guesses = nullptr) override;
  void next(const uint32_t* tokens, size_t count, std::vector<float>& log_probabilities) override;

  std::shared_ptr<const LoadedModel> loaded() const { return session_.shared().model; }

 private:
  // A window that a lane is reading.
  struct Reading {
    const Window* window;
    size_t fed = 0;  // tokens that have gone into the body
    size_t place;    // of the next scored token among the results
  };
  struct Results {
    float* bits;
    Guesses* guesses;  // nullptr: not wanted
  };
  void read_together(std::vector<Reading>& lanes, const Results& results);
  void score(const std::vector<const int8_t*>& hidden, const std::vector<uint32_t>& targets,
             const std::vector<size_t>& places, const Results& results);

  Session session_;
  Description description_;
  std::vector<uint32_t> fed_;  // what lane 0 has read since next() began it; empty: something else
  std::vector<int8_t> rows_;
  std::vector<uint32_t> frequencies_;
};

}  // namespace llmz
