// SPDX-License-Identifier: Apache-2.0
// Do the cpu and the torch engine give the same bits, and stay so while they learn?
#include <catch2/catch.hpp>

#include "exact/make_engine.h"
#include "exact_document.h"
#include "random_model.h"

using namespace llmz;

namespace {

// Nothing where this build has no libtorch.
bool torch_engine(const ExactModel& model, Engine& engine) {
#if defined(__SANITIZE_ADDRESS__)
  return false;  // sanitizers do not allow how its library is opened
#endif
  try {
    engine = make_engine(model, {"torch", 1});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    WARN("skipped: " << error.what());
    return false;
  }
  return true;
}

struct Step {
  std::vector<int8_t> hidden;
  std::vector<int32_t> logits;
  std::vector<uint32_t> frequencies;
  bool operator==(const Step& o) const {
    return hidden == o.hidden && logits == o.logits && frequencies == o.frequencies;
  }
};

// Feeds the lanes their tokens, then codes and learns `coded`.
Step step(Engine& engine, const ModelConfig& c, const std::vector<LaneTokens>& run,
          const std::vector<uint32_t>& coded) {
  const size_t rows = run.size();
  Step s{std::vector<int8_t>(rows * c.dim), std::vector<int32_t>(rows * c.vocabulary),
         std::vector<uint32_t>(rows * c.vocabulary)};
  engine.body->advance(run, s.hidden.data());
  engine.head->frequencies(s.hidden.data(), rows, s.frequencies.data());
  engine.head->logits(s.hidden.data(), rows, s.logits.data());
  engine.head->learn(s.hidden.data(), s.frequencies.data(), coded.data(), rows);
  return s;
}

}  // namespace

TEST_CASE("both engines agree over hundreds of learning steps, whichever lanes are active") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    RandomModelMaker maker(seed, seed == 4 ? 1024 : 1);
    const ModelConfig c = maker.config();
    ExactModel model = maker.model(c);
    model.learning.threshold = seed % 2 ? 16777 : 0;
    std::mt19937_64 random(seed);
    Engine cpu = make_cpu_engine(model, 1 + static_cast<unsigned>(seed % 3)), torch;
    if (!torch_engine(model, torch)) return;
    CHECK(torch.name == "torch");
    for (uint32_t rate : {255u * 1024, 64u * 1024, 0u}) {
      const uint32_t lanes = rate == 0 ? 3 : 1 + static_cast<uint32_t>(random() % 20);
      CAPTURE(seed, rate, lanes, c.vocabulary, c.dim);
      for (Engine* engine : {&cpu, &torch}) {
        engine->body->reset();
        engine->body->fork(0, lanes);
        engine->head->reset(rate);
      }
      for (int i = 0; i < (rate == 0 ? 20 : 120); ++i) {
        std::vector<uint32_t> in(lanes), coded;
        std::vector<LaneTokens> run;
        for (uint32_t lane = 0; lane < lanes; ++lane) {
          // A few favourites, so that learning drives weights to their limits.
          in[lane] = static_cast<uint32_t>(random() % (random() % 2 ? c.vocabulary : 3));
          if (random() % 8 != 0 || (lane + 1 == lanes && run.empty())) {
            run.push_back({lane, &in[lane], 1});
            coded.push_back(static_cast<uint32_t>(random() % (random() % 2 ? c.vocabulary : 3)));
          }
        }
        if (!(step(cpu, c, run, coded) == step(torch, c, run, coded))) FAIL("step " << i);
      }
    }
  }
}

TEST_CASE("both engines agree over whole windows, forks and the ring's wrap-around") {
  for (uint64_t seed = 11; seed <= 14; ++seed) {
    RandomModelMaker maker(seed, 1);
    const ModelConfig c = maker.config();
    const ExactModel model = maker.model(c);
    std::mt19937_64 random(seed);
    Engine cpu = make_cpu_engine(model, 2), torch;
    if (!torch_engine(model, torch)) return;
    CAPTURE(seed, c.heads, c.head_dim, c.window);
    uint32_t lanes = 1;
    for (int call = 0; call < 12; ++call) {
      std::vector<std::vector<uint32_t>> tokens(lanes);
      std::vector<LaneTokens> run;
      size_t rows = 0;
      for (uint32_t lane = 0; lane < lanes; ++lane) {
        tokens[lane].resize(1 + random() % Body::kMaxTokensPerLane);
        for (uint32_t& t : tokens[lane]) t = static_cast<uint32_t>(random() % c.vocabulary);
        run.push_back({lane, tokens[lane].data(), tokens[lane].size()});
        rows += tokens[lane].size();
      }
      std::vector<int8_t> a(rows * c.dim), b(rows * c.dim);
      cpu.body->advance(run, a.data());
      torch.body->advance(run, b.data());
      if (a != b) FAIL("call " << call << " with " << lanes << " lanes");
      if (call % 4 == 3) {
        const uint32_t source = static_cast<uint32_t>(random() % lanes);
        lanes = 1 + static_cast<uint32_t>(random() % 3);
        cpu.body->fork(source, lanes);
        torch.body->fork(source, lanes);
      }
    }
  }
}

TEST_CASE("the torch engine is what the document says") {
  RandomModelMaker maker(21, 1);
  const ModelConfig c = maker.config();
  const ExactModel model = maker.model(c);
  Engine torch;
  if (!torch_engine(model, torch)) return;
  std::mt19937_64 random(21);
  document::Body body(model);
  document::Head head(model);
  torch.head->reset(model.learning.rate);
  for (int i = 0; i < 60; ++i) {
    const uint32_t in = static_cast<uint32_t>(random() % c.vocabulary);
    const uint32_t coded = static_cast<uint32_t>(random() % c.vocabulary);
    const Step s = step(torch, c, {{0, &in, 1}}, {coded});
    if (body.step(in) != std::vector<int32_t>(s.hidden.begin(), s.hidden.end()))
      FAIL("hidden, " << i);
    if (head.logits(s.hidden.data()) != s.logits) FAIL("logits, " << i);
    if (document::frequencies(s.logits) != s.frequencies) FAIL("frequencies, " << i);
    head.learn(s.hidden.data(), s.frequencies.data(), &coded, 1, model.learning.rate);
  }
}
