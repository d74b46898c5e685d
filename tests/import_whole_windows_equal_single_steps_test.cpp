// SPDX-License-Identifier: Apache-2.0
// Is the imported body what its document says, and does a token's hidden vector depend on the
// tokens before it in its lane only? Not on how many tokens and lanes a call has, on the fork it
// came from, or on whether its lane was full in the middle of a call.
#include <catch2/catch.hpp>

#include "import_test_engine.h"
#include "imported_document.h"
#include "random_imported_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

class Random {
 public:
  explicit Random(uint64_t seed) : source_(seed) {}
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((source_() >> 32) * n >> 32); }
  std::vector<uint32_t> tokens(size_t count, uint32_t vocabulary) {
    std::vector<uint32_t> all(count);
    for (uint32_t& t : all) t = below(vocabulary);
    return all;
  }

 private:
  std::mt19937_64 source_;
};

std::vector<int8_t> document_steps(const ExactModel& model, const std::vector<uint32_t>& tokens) {
  document::ImportedDocumentBody body(model);
  std::vector<int8_t> all;
  for (uint32_t t : tokens) {
    const std::vector<int32_t> h = body.step(t);
    all.insert(all.end(), h.begin(), h.end());
  }
  return all;
}

// Feeds every lane its own tokens, in calls of any lanes and any counts; returns each lane's hidden
// vectors.
std::vector<std::vector<int8_t>> in_any_pieces(Random& random, Body& body, size_t dim,
                                               const std::vector<std::vector<uint32_t>>& tokens) {
  std::vector<std::vector<int8_t>> hidden(tokens.size());
  std::vector<size_t> used(tokens.size(), 0);
  for (bool left = true; left;) {
    left = false;
    std::vector<LaneTokens> call;
    size_t rows = 0;
    const uint32_t most = random.below(4) == 0 ? 2 : Body::kMaxTokensPerLane;
    for (uint32_t lane = 0; lane < tokens.size(); ++lane) {
      const size_t rest = tokens[lane].size() - used[lane];
      left = left || rest > 0;
      if (rest == 0 || random.below(3) == 0) continue;
      const size_t count = std::min<size_t>(rest, 1 + random.below(most));
      call.push_back({lane, tokens[lane].data() + used[lane], count});
      used[lane] += count;
      rows += count;
    }
    std::vector<int8_t> out(rows * dim);
    body.advance(call, out.data());
    auto from = out.begin();
    for (const LaneTokens& part : call) {
      const auto to = from + static_cast<ptrdiff_t>(part.count * dim);
      hidden[part.lane].insert(hidden[part.lane].end(), from, to);
      from = to;
    }
  }
  return hidden;
}

}  // namespace

TEST_CASE("single steps are what the document says, full lanes included") {
  for (TestFamily family : kTestFamilies) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      const double loudness = seed == 5 ? 1 << 10 : seed == 6 ? 1 << 17 : 1;
      const ExactModel model =
          random_imported_model(seed + 10 * static_cast<uint64_t>(family), family, 300, loudness);
      CAPTURE(static_cast<int>(family), seed, loudness, model.imported->shape.dim);
      Engine engine;
      if (!torch_engine(model, engine)) return;
      Random random(seed);
      const uint32_t dim = model.config.dim;
      const auto tokens = random.tokens(model.config.window * 2 + 10, model.config.vocabulary);
      const std::vector<int8_t> expected = document_steps(model, tokens);
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

TEST_CASE("calls of any lanes and any lengths, and forks, give the same") {
  for (TestFamily family : kTestFamilies) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const ExactModel model =
          random_imported_model(100 + seed + 10 * static_cast<uint64_t>(family), family);
      CAPTURE(static_cast<int>(family), seed);
      Engine engine;
      if (!torch_engine(model, engine, 1 + static_cast<unsigned>(seed % 2))) return;
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
  }
}
