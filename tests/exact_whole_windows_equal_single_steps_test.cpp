// SPDX-License-Identifier: Apache-2.0
// Does a token's hidden vector depend on the tokens before it in its lane only? Not on how many
// tokens and lanes a call has, on threads, on the ring's wrap-around, or on the fork it came from.
#include <catch2/catch.hpp>

#include "body_in_pieces.h"
#include "exact/engine.h"
#include "exact_document.h"
#include "random_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

ModelConfig some_shape(Random& random) {
  static constexpr uint32_t kHeadDims[] = {16, 32, 64};
  ModelConfig c;
  c.vocabulary = 16 * (1 + random.below(20));
  c.dim = 32 * (1 + random.below(3));
  c.layers = 1 + random.below(2);
  c.heads = 1 + random.below(6);
  c.head_dim = kHeadDims[random.below(3)];
  c.hidden = 32 * (1 + random.below(6));
  c.window = 16 * (1 + random.below(4));
  RandomModelMaker(random.below(1000), 1).add_parts(c);
  return c;
}

// All hidden vectors of one lane, one token a call.
std::vector<int8_t> single_steps(const ExactModel& model, const std::vector<uint32_t>& tokens) {
  Engine engine = make_cpu_engine(model, 1);
  std::vector<int8_t> all(tokens.size() * model.config.dim);
  for (size_t i = 0; i < tokens.size(); ++i)
    engine.body->advance({{0, &tokens[i], 1}}, all.data() + i * model.config.dim);
  return all;
}

}  // namespace

TEST_CASE("single steps are what the document says") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    const double loudness = seed % 3 == 0 ? 1024 : 1;
    const ExactModel model = random_model(seed, some_shape(random), loudness);
    CAPTURE(seed, loudness);
    const std::vector<uint32_t> tokens =
        random.tokens(model.config.window + 70, model.config.vocabulary);
    const std::vector<int8_t> hidden = single_steps(model, tokens);
    document::Body body(model);
    for (size_t i = 0; i < tokens.size(); ++i) {
      const std::vector<int32_t> h = body.step(tokens[i]);
      if (!std::equal(h.begin(), h.end(), hidden.begin() + static_cast<ptrdiff_t>(i * h.size())))
        FAIL("token " << i);
    }
  }
}

TEST_CASE("calls of any lanes and any lengths, with any number of threads, give the same") {
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    Random random(seed);
    const ExactModel model = random_model(100 + seed, some_shape(random));
    const ModelConfig& c = model.config;
    CAPTURE(seed, c.dim, c.heads, c.head_dim, c.window);
    const unsigned threads = 1 + static_cast<unsigned>(seed % 3);
    const uint32_t lanes = 1 + random.below(9);
    const size_t round_trips = seed % 4 == 0 ? 3 : 1;  // of the ring, which holds window + 64
    const std::vector<uint32_t> start = random.tokens(random.below(100), c.vocabulary);
    Engine engine = make_cpu_engine(model, threads);
    const auto begin = in_any_pieces(random, *engine.body, c.dim, {start})[0];
    engine.body->fork(0, lanes);
    std::vector<std::vector<uint32_t>> tokens;
    for (uint32_t lane = 0; lane < lanes; ++lane)
      tokens.push_back(
          random.tokens((c.window + 64) * round_trips + random.below(90), c.vocabulary));
    const auto hidden = in_any_pieces(random, *engine.body, c.dim, tokens);
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      std::vector<uint32_t> all = start;
      all.insert(all.end(), tokens[lane].begin(), tokens[lane].end());
      std::vector<int8_t> together = begin;
      together.insert(together.end(), hidden[lane].begin(), hidden[lane].end());
      if (together != single_steps(model, all)) FAIL("lane " << lane << " of " << lanes);
      if (lane == 2) break;  // the others are like them
    }
  }
}

TEST_CASE("a fork of any lane goes on from that lane, and the copies are independent") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Random random(seed);
    const ExactModel model = random_model(200 + seed, some_shape(random));
    const ModelConfig& c = model.config;
    CAPTURE(seed);
    Engine engine = make_cpu_engine(model, 1 + static_cast<unsigned>(seed % 2));
    std::vector<uint32_t> history;  // of lane 0, what the copied lanes consumed
    uint32_t lanes = 1;
    for (int forks = 0; forks < 4; ++forks) {
      std::vector<std::vector<uint32_t>> tokens;
      for (uint32_t lane = 0; lane < lanes; ++lane)
        tokens.push_back(random.tokens(1 + random.below(70), c.vocabulary));
      const auto hidden = in_any_pieces(random, *engine.body, c.dim, tokens);
      const uint32_t source = random.below(lanes);
      history.insert(history.end(), tokens[source].begin(), tokens[source].end());
      const std::vector<int8_t> alone = single_steps(model, history);
      if (!std::equal(hidden[source].rbegin(), hidden[source].rend(), alone.rbegin()))
        FAIL("lane " << source << " after " << forks << " forks");
      lanes = 1 + random.below(6);
      engine.body->fork(source, lanes);
    }
  }
}

TEST_CASE("reset forgets everything") {
  Random random(5);
  const ExactModel model = random_model(300, some_shape(random));
  const std::vector<uint32_t> tokens = random.tokens(60, model.config.vocabulary);
  Engine engine = make_cpu_engine(model, 2);
  const auto first = in_any_pieces(random, *engine.body, model.config.dim, {tokens});
  engine.body->fork(0, 3);
  in_any_pieces(random, *engine.body, model.config.dim, {tokens, {}, tokens});
  engine.body->reset();
  CHECK(in_any_pieces(random, *engine.body, model.config.dim, {tokens}) == first);
}
