// SPDX-License-Identifier: Apache-2.0
// Are the bits that measuring gives those that the coder pays? Is it the same in which company a
// window is read?
#include <catch2/catch.hpp>
#include <cmath>

#include "llmz_lab/window_scorer.h"
#include "measure/exact_language_model.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// Token by token through a fresh engine, the plain way.
std::vector<float> one_by_one(const LoadedModel& model, const Window& window) {
  Engine engine = make_cpu_engine(model.exact, 1);
  std::vector<int8_t> hidden(model.exact.config.dim);
  std::vector<uint32_t> frequencies(model.exact.config.vocabulary);
  engine.body->reset();
  engine.head->reset(0);
  std::vector<float> bits;
  for (size_t i = 0; i + 1 < window.count; ++i) {
    engine.body->advance({{0, window.tokens + i, 1}}, hidden.data());
    engine.head->frequencies(hidden.data(), 1, frequencies.data());
    if (i + 1 < window.first_scored) continue;
    bits.push_back(
        static_cast<float>(24 - std::log2(static_cast<double>(frequencies[window.tokens[i + 1]]))));
  }
  return bits;
}

}  // namespace

TEST_CASE("bits of windows are those of the plain way, in any company") {
  ExactLanguageModel model(tiny_models().find("default"), {});
  const uint32_t vocabulary = model.description().vocabulary;
  std::mt19937 random(3);
  std::vector<std::vector<uint32_t>> tokens;
  std::vector<Window> windows;
  for (int i = 0; i < 70; ++i) {
    tokens.emplace_back(2 + random() % 200);
    for (uint32_t& token : tokens.back()) token = random() % vocabulary;
  }
  for (const auto& t : tokens)
    windows.push_back({t.data(), t.size(), 1 + random() % (t.size() - 1)});
  std::vector<float> bits;
  model.bits(windows, bits);
  auto next = bits.begin();
  for (const Window& window : windows) {
    for (float expected : one_by_one(*model.loaded(), window)) CHECK(*next++ == expected);
  }
  CHECK(next == bits.end());
}

TEST_CASE("next tokens have the probabilities that bits() gives them") {
  ExactLanguageModel model(tiny_models().find("default"), {});
  const std::vector<uint32_t> tokens = {0, 7, 9, 200, 31};
  std::vector<float> log_probabilities;
  model.next(tokens.data(), tokens.size(), log_probabilities);
  REQUIRE(log_probabilities.size() == model.description().vocabulary);
  double sum = 0;
  for (float p : log_probabilities) sum += std::exp(static_cast<double>(p));
  CHECK(sum == Approx(1).epsilon(1e-4));
  for (uint32_t token : {0u, 5u, 100u}) {
    std::vector<uint32_t> longer = tokens;
    longer.push_back(token);
    std::vector<float> bits;
    model.bits({{longer.data(), longer.size(), longer.size() - 1}}, bits);
    CHECK(bits.at(0) * std::log(2.0) == Approx(-log_probabilities[token]).epsilon(1e-5));
  }
}

TEST_CASE("a text of one window costs what the frozen coder pays for it in one lane") {
  const Bytes content = text(3000, 4);
  MeasuredModel model = open_measured_model("default", tiny_models(), {}, std::nullopt);
  WindowScorer scorer(model, sliding_for(model, 0, 0), model.start_token, {});
  scorer.text(content);
  scorer.finish();
  CompressSettings settings = tokens_only(1);
  settings.learning = false;
  MemorySource in(content);
  const Estimate coded = estimate(in, tiny_models(), settings, EstimateOf::kFrozenNetwork);
  CHECK(scorer.tally().tokens == coded.tokens);
  CHECK(scorer.tally().bits == Approx(coded.bits).epsilon(1e-6));
  CHECK(scorer.tally().characters == coded.characters);
}

TEST_CASE("tokens and windows that are none are refused") {
  ExactLanguageModel model(tiny_models().find("default"), {});
  std::vector<float> bits;
  const std::vector<uint32_t> outside = {0, model.description().vocabulary};
  CHECK_THROWS_WITH(model.bits({{outside.data(), 2, 1}}, bits), Catch::Contains("vocabulary"));
  CHECK_THROWS_AS(model.bits({{outside.data(), 1, 1}}, bits), Error);
}
