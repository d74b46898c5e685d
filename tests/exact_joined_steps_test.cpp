// SPDX-License-Identifier: Apache-2.0
// Do bodies whose steps are computed together give what each gives alone? Whoever comes late, is
// slow, has several lanes or leaves early, and with weights of their own or shared.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "body_in_pieces.h"
#include "exact/engine.h"
#include "random_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

using Hidden = std::vector<int8_t>;

ExactModel model_of(uint64_t seed) {
  ModelConfig c;
  c.vocabulary = 128;
  c.dim = 64;
  c.layers = 2;
  c.heads = 2;
  c.head_dim = 32;
  c.hidden = 96;
  c.window = 32;
  RandomModelMaker(seed, 1).add_parts(c);
  return random_model(seed, c);
}

// The tokens one by one, each fed to all of the lanes. `pause`: before the step with that number.
Hidden steps(Body& body, size_t dim, const std::vector<uint32_t>& tokens, uint32_t lanes,
             size_t pause = SIZE_MAX) {
  body.fork(0, lanes);
  Hidden all(tokens.size() * lanes * dim);
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i == pause) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::vector<LaneTokens> fed;
    for (uint32_t lane = 0; lane < lanes; ++lane) fed.push_back({lane, &tokens[i], 1});
    body.advance_as(0, fed, all.data() + i * lanes * dim);
  }
  return all;
}

}  // namespace

TEST_CASE("bodies that step together give what each gives alone") {
  const ExactModel model = model_of(1);
  const size_t dim = model.config.dim;
  for (size_t bodies : {1u, 2u, 3u, 17u, 40u}) {
    CAPTURE(bodies);
    const Engine first = make_cpu_engine(model, 1);
    std::vector<std::thread> threads;
    std::atomic<size_t> wrong{0};
    for (size_t b = 0; b < bodies; ++b) {
      threads.emplace_back([&, b] {
        Random random(b + 1);
        const std::vector<uint32_t> tokens =
            random.tokens(5 + random.below(60), model.config.vocabulary);
        const uint32_t lanes = 1 + static_cast<uint32_t>(b % 3);
        Engine alone = make_cpu_engine(model, 1);
        const Hidden expected = steps(*alone.body, dim, tokens, lanes);
        Engine engine = make_cpu_engine(model, 1, first.weights);
        // Twice: a member that has left comes again.
        for (int turn = 0; turn < 2; ++turn) {
          engine.body->reset();
          engine.body->join_others();
          if (steps(*engine.body, dim, tokens, lanes, b % 4 == 0 ? b % 7 : SIZE_MAX) != expected)
            ++wrong;
          engine.body->leave_others();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
  }
}

TEST_CASE("a member that asks for nothing holds up nobody") {
  const ExactModel model = model_of(2);
  const Engine first = make_cpu_engine(model, 1);
  Engine idle = make_cpu_engine(model, 1, first.weights),
         working = make_cpu_engine(model, 1, first.weights);
  std::vector<Engine> others;
  for (int i = 0; i < 200; ++i) {  // more than any machine has processors for
    others.push_back(make_cpu_engine(model, 1, first.weights));
    others.back().body->join_others();
  }
  working.body->join_others();
  Random random(1);
  const std::vector<uint32_t> tokens = random.tokens(10, model.config.vocabulary);
  const Hidden found = steps(*working.body, model.config.dim, tokens, 1);
  working.body->leave_others();
  for (Engine& other : others) other.body->leave_others();
  CHECK(found == steps(*idle.body, model.config.dim, tokens, 1));
}
