// SPDX-License-Identifier: Apache-2.0
// Is the imported body what its document says, and does a token's hidden vector depend on the
// tokens before it in its lane only? Not on how many tokens and lanes a call has, on the fork it
// came from, or on whether its lane was full in the middle of a call.
#include <catch2/catch.hpp>

#include "body_in_pieces.h"
#include "import_test_engine.h"
#include "imported_document.h"
#include "random_imported_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::vector<int8_t> document_steps(const ExactModel& model, const std::vector<uint32_t>& tokens) {
  document::ImportedDocumentBody body(model);
  std::vector<int8_t> all;
  for (uint32_t t : tokens) {
    const std::vector<int32_t> h = body.step(t);
    all.insert(all.end(), h.begin(), h.end());
  }
  return all;
}

TEST_CASE("single steps are what the document says, full lanes included") {
  for (TestFamily family : kTestFamilies) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      const double loudness = seed == 5 ? 1 << 10 : seed == 6 ? 1 << 17 : 1;
      const ExactModel model =
          random_imported_model(seed + 10 * static_cast<uint64_t>(family), family, 300, loudness);
      CAPTURE(static_cast<int>(family), seed, loudness, model.imported->shape.dim);
      Random random(seed);
      const uint32_t dim = model.config.dim;
      const auto tokens = random.tokens(model.config.window * 2 + 10, model.config.vocabulary);
      const std::vector<int8_t> expected = document_steps(model, tokens);
      for (const auto& [name, engine] : imported_engines(model)) {
        CAPTURE(name);
        std::vector<int8_t> hidden(dim);
        size_t saturated = 0;
        for (size_t i = 0; i < tokens.size(); ++i) {
          engine.body->advance({{0, &tokens[i], 1}}, hidden.data());
          if (!std::equal(hidden.begin(), hidden.end(),
                          expected.begin() + static_cast<ptrdiff_t>(i * dim)))
            FAIL("token " << i << " of a context of " << model.config.window);
          for (size_t c = 0; c + 1 < dim; ++c) saturated += std::abs(int{hidden[c]}) == 127;
        }
        CHECK(saturated < tokens.size() * dim);  // not all the same
      }
    }
  }
}

// Three times any pieces and a fork, then from the start again.
void check_pieces_and_forks(const ExactModel& model, Engine& engine, uint64_t seed) {
  Random random(seed);
  std::vector<uint32_t> history;  // of lane 0, what the copied lanes consumed
  uint32_t lanes = 1;
  for (int forks = 0; forks < 3; ++forks) {
    std::vector<std::vector<uint32_t>> tokens;
    for (uint32_t lane = 0; lane < lanes; ++lane)
      tokens.push_back(random.tokens(1 + random.below(90), model.config.vocabulary));
    const auto hidden = in_any_pieces(random, *engine.body, model.config.dim, tokens);
    const uint32_t source = random.below(lanes);
    for (uint32_t lane : {source, lanes - 1}) {
      std::vector<uint32_t> all = history;
      all.insert(all.end(), tokens[lane].begin(), tokens[lane].end());
      const std::vector<int8_t> alone = document_steps(model, all);
      if (!std::equal(hidden[lane].rbegin(), hidden[lane].rend(), alone.rbegin()))
        FAIL("lane " << lane << " of " << lanes << " after " << forks << " forks");
    }
    history.insert(history.end(), tokens[source].begin(), tokens[source].end());
    lanes = 1 + random.below(5);
    engine.body->fork(source, lanes);
  }
  engine.body->reset();
  const std::vector<uint32_t> again = random.tokens(40, model.config.vocabulary);
  CHECK(in_any_pieces(random, *engine.body, model.config.dim, {again})[0] ==
        document_steps(model, again));
}

}  // namespace

TEST_CASE("calls of any lanes and any lengths, and forks, give the same") {
  for (TestFamily family : kTestFamilies) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const ExactModel model =
          random_imported_model(100 + seed + 10 * static_cast<uint64_t>(family), family);
      for (auto& [name, engine] : imported_engines(model, 1 + static_cast<unsigned>(seed % 2))) {
        CAPTURE(static_cast<int>(family), seed, name);
        check_pieces_and_forks(model, engine, seed);
      }
    }
  }
}

TEST_CASE("a kept lane goes on as if nothing had been in between") {
  for (TestFamily family : kTestFamilies) {
    const ExactModel model = random_imported_model(200 + static_cast<uint64_t>(family), family);
    for (auto& [name, engine] : imported_engines(model, 2)) {
      CAPTURE(static_cast<int>(family), name);
      Random random(1);
      const uint32_t vocabulary = model.config.vocabulary;
      const auto before = random.tokens(70, vocabulary), after = random.tokens(70, vocabulary);
      const auto steps = [&](const std::vector<uint32_t>& tokens) {
        return in_any_pieces(random, *engine.body, model.config.dim, {tokens})[0];
      };
      steps(before);
      const auto kept = engine.body->keep(0);
      const std::vector<int8_t> first = steps(after);
      engine.body->reset();
      steps(after);
      engine.body->resume(*kept);
      CHECK(steps(after) == first);
    }
  }
}
