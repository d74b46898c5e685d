// SPDX-License-Identifier: Apache-2.0
// Are the guesses at a token the most probable ones, in windows and in the walk of estimate? Is
// nothing else changed by asking for them?
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "llmz_lab/scored_text.h"
#include "llmz_lab/window_scorer.h"
#include "measure/exact_language_model.h"
#include "tiny_llmz.h"
#include "toy_language_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

MeasuredModel tiny_model() {
  return open_measured_model("default", tiny_models(), {}, std::nullopt);
}

ScoredText in_windows(MeasuredModel& model, ByteView content, const Sliding& sliding) {
  ScoredText scored;
  WindowScorer scorer(model, sliding, model.start_token, {});
  scorer.keep(scored);
  scorer.text(content);
  scorer.finish();
  return scored;
}

void check_same(const ScoredText& a, const ScoredText& b) {
  REQUIRE(a.tokens == b.tokens);
  REQUIRE(a.guesses.size() == b.guesses.size());
  for (size_t i = 0; i < a.tokens.size(); ++i) {
    CHECK(a.bits[i] == b.bits[i]);
    for (size_t k = 0; k < a.guesses[i].size(); ++k) {
      CHECK(a.guesses[i][k].token == b.guesses[i][k].token);
      CHECK(a.guesses[i][k].probability == b.guesses[i][k].probability);
    }
  }
}

}  // namespace

TEST_CASE("the best of a table come first, and of equal ones the lower token") {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint32_t> table(3 + random() % 300), order(table.size());
    for (uint32_t& frequency : table) frequency = 1 + random() % 20;
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return table[a] > table[b]; });
    const Guesses best = best_guesses(table.data(), table.size());
    for (size_t i = 0; i < best.size(); ++i) {
      CHECK(best[i].token == order[i]);
      CHECK(best[i].probability == std::ldexp(static_cast<float>(table[order[i]]), -24));
    }
  }
}

TEST_CASE("guesses of windows are those of next()") {
  MeasuredModel model = tiny_model();
  const Bytes content = text(300, 2);
  const ScoredText scored = in_windows(model, content, {4096, 1});
  std::vector<uint32_t> before = {model.start_token};
  std::vector<float> log_probabilities;
  for (size_t i = 0; i < scored.tokens.size(); ++i) {
    model.model->next(before.data(), before.size(), log_probabilities);
    const auto top = std::max_element(log_probabilities.begin(), log_probabilities.end());
    CHECK(scored.guesses[i][0].token == static_cast<uint32_t>(top - log_probabilities.begin()));
    CHECK(scored.guesses[i][0].probability == Approx(std::exp(*top)).epsilon(1e-4));
    before.push_back(scored.tokens[i]);
  }
}

TEST_CASE("the walk of estimate sees what windows see, and its sum does not change") {
  MeasuredModel model = tiny_model();
  const Bytes content = text(3000, 4);
  CompressSettings settings = tokens_only(1);
  settings.learning = false;
  ScoredText walked;
  MemorySource in(content), again(content);
  const Estimate seen = score_text(in, tiny_models(), settings, walked, {});
  const Estimate plain = estimate(again, tiny_models(), settings, EstimateOf::kFrozenNetwork);
  CHECK(seen.bits == plain.bits);
  CHECK(seen.tokens == walked.tokens.size());
  CHECK(std::accumulate(walked.bits.begin(), walked.bits.end(), 0.0) == Approx(plain.bits));
  check_same(walked, in_windows(model, content, {4096, 3072}));
}

TEST_CASE("every token of a long text is there once and in order, with any number of threads") {
  const Bytes content = text(200000, 6);
  CompressSettings settings;
  ScoredText one, two;
  for (ScoredText* scored : {&one, &two}) {
    settings.engine.threads = scored == &one ? 1 : 2;
    MemorySource in(content);
    score_text(in, tiny_models(), settings, *scored, {});
    std::string joined;
    for (uint32_t token : scored->tokens) joined += scored->bytes(token);
    CHECK(joined == ByteView(content).text());
  }
  check_same(one, two);
}

TEST_CASE("windows that slide give each token's guesses once") {
  MeasuredModel model =
      toy_model(9, 3, [](const Window& w, size_t i) { return float(w.tokens[i]); });
  const Bytes content = text(100, 1);
  const ScoredText scored = in_windows(model, content, {9, 3});
  REQUIRE(scored.tokens.size() == content.size());
  REQUIRE(scored.guesses.size() == content.size());
  for (size_t i = 0; i < content.size(); ++i) {
    CHECK(scored.tokens[i] == content[i]);
    CHECK(scored.bits[i] == content[i]);
    // The toy guesses what came before.
    CHECK(scored.guesses[i][0].token == (i == 0 ? model.start_token : content[i - 1]));
  }
}
