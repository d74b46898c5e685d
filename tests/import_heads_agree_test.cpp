// SPDX-License-Identifier: Apache-2.0
// Does the head of an imported model learn the same in every engine, and go on from where it was
// kept? Vocabularies of any size, weights up to their limits.
#include <catch2/catch.hpp>
#include <random>

#include "import_test_engine.h"
#include "random_imported_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

struct Step {
  std::vector<int32_t> logits;
  std::vector<uint32_t> frequencies;
  bool operator==(const Step& o) const {
    return logits == o.logits && frequencies == o.frequencies;
  }
};

struct Lanes {
  std::vector<int8_t> hidden;
  std::vector<uint32_t> tokens;
};

Lanes some_lanes(std::mt19937_64& random, const ModelConfig& c) {
  Lanes lanes;
  const size_t count = 1 + random() % 20;
  for (size_t row = 0; row < count; ++row) {
    const int reach = random() % 4 == 0 ? 127 : 20;
    for (uint32_t i = 0; i + 1 < c.dim; ++i)
      lanes.hidden.push_back(static_cast<int8_t>(
          static_cast<int>(random() % (2 * static_cast<size_t>(reach) + 1)) - reach));
    lanes.hidden.push_back(127);
    // A few favourites, so that learning drives weights to their limits.
    lanes.tokens.push_back(static_cast<uint32_t>(random() % (random() % 2 ? c.vocabulary : 3)));
  }
  return lanes;
}

Step code(Engine& engine, const ModelConfig& c, const Lanes& lanes) {
  const size_t rows = lanes.tokens.size(), size = rows * c.vocabulary;
  Step s{std::vector<int32_t>(size), std::vector<uint32_t>(size)};
  engine.head->frequencies(lanes.hidden.data(), rows, s.frequencies.data());
  engine.head->logits(lanes.hidden.data(), rows, s.logits.data());
  engine.head->learn(lanes.hidden.data(), s.frequencies.data(), lanes.tokens.data(), rows);
  return s;
}

}  // namespace

TEST_CASE("the heads of all engines agree over many learning steps") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const auto vocabulary = static_cast<uint32_t>(256 + seed * 37);
    ExactModel model = random_imported_model(seed, kTestFamilies[seed % 4], vocabulary);
    if (seed == 5) model.imported->head.assign(model.imported->head.size(), 32767);
    model.learning.threshold = seed % 2 ? 16777 : 0;
    auto engines = imported_engines(model, 1 + static_cast<unsigned>(seed % 3));
    for (uint32_t rate : {255u * 1024, 64u * 1024, 0u}) {
      for (auto& [name, engine] : engines) engine.head->reset(rate);
      std::mt19937_64 random(seed);
      for (int i = 0; i < (rate == 0 ? 5 : 40); ++i) {
        const Lanes lanes = some_lanes(random, model.config);
        const Step first = code(engines[0].second, model.config, lanes);
        for (size_t e = 1; e < engines.size(); ++e) {
          if (!(code(engines[e].second, model.config, lanes) == first))
            FAIL(engines[e].first << " at step " << i << " of seed " << seed << ", rate " << rate);
        }
      }
    }
  }
}

TEST_CASE("a kept head goes on as if nothing had been in between") {
  const ExactModel model = random_imported_model(9, TestFamily::kLlama, 401);
  for (auto& [name, engine] : imported_engines(model)) {
    CAPTURE(name);
    std::mt19937_64 random(1);
    engine.head->reset(255 * 1024);
    for (int i = 0; i < 10; ++i) code(engine, model.config, some_lanes(random, model.config));
    const auto kept = engine.head->keep();
    const Lanes next = some_lanes(random, model.config);
    const Step first = code(engine, model.config, next);
    for (int i = 0; i < 10; ++i) code(engine, model.config, some_lanes(random, model.config));
    engine.head->reset(0);
    engine.head->resume(*kept);
    CHECK(code(engine, model.config, next) == first);
  }
}
