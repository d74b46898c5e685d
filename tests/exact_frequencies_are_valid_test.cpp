// SPDX-License-Identifier: Apache-2.0
// Is every frequency table one that a coder can use, also after long learning at the highest rate?
#include <catch2/catch.hpp>

#include "exact/engine.h"
#include "exact_document.h"
#include "random_model.h"

using namespace llmz;

namespace {

// Each row sums to 2^24, none is 0, and what is left over is at the lowest of the best.
void check_rows(Engine& engine, const ModelConfig& c, const std::vector<int8_t>& hidden,
                std::vector<uint32_t>& f) {
  const size_t rows = hidden.size() / c.dim;
  std::vector<int32_t> l(rows * c.vocabulary);
  f.resize(rows * c.vocabulary);
  engine.head->frequencies(hidden.data(), rows, f.data());
  engine.head->logits(hidden.data(), rows, l.data());
  for (size_t row = 0; row < rows; ++row) {
    const uint32_t* table = f.data() + row * c.vocabulary;
    const int32_t* logits = l.data() + row * c.vocabulary;
    const size_t best =
        static_cast<size_t>(std::max_element(logits, logits + c.vocabulary) - logits);
    uint64_t sum = 0;
    for (size_t j = 0; j < c.vocabulary; ++j) {
      sum += table[j];
      if (table[j] == 0) FAIL("token " << j << " cannot be coded");
      if (logits[j] == logits[best] && j != best && table[j] > table[best])
        FAIL("what is left over is not at the lowest of the best");
      if (table[j] > table[best]) FAIL("a token is likelier than the best");
    }
    if (sum != 1 << 24) FAIL("a row sums to " << sum);
  }
}

std::vector<int8_t> some_hidden(std::mt19937_64& random, size_t rows, size_t dim, int kind) {
  std::vector<int8_t> hidden(rows * dim);
  for (int8_t& h : hidden) {
    const int any = static_cast<int>(random() % 255) - 127;
    h = static_cast<int8_t>(kind == 0   ? 0
                            : kind == 1 ? 127
                            : kind == 2 ? (any < 0 ? -127 : 127)
                                        : any / 4);
  }
  return hidden;
}

}  // namespace

TEST_CASE("tables of random heads, quiet and loud, are valid") {
  for (double loudness : {0.0, 0.01, 1.0, 30.0, 1e6}) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      RandomModelMaker maker(seed, loudness);
      const ModelConfig c = maker.config();
      const ExactModel model = maker.model(c);
      CAPTURE(loudness, seed);
      Engine engine = make_cpu_engine(model, 1 + static_cast<unsigned>(seed % 3));
      std::mt19937_64 random(seed);
      std::vector<uint32_t> f;
      for (size_t rows : {1u, 2u, 5u, 17u, 40u})
        check_rows(engine, c, some_hidden(random, rows, c.dim, static_cast<int>(rows % 4)), f);
    }
  }
}

TEST_CASE("with equal logits all are equal, but for what is left over at the first") {
  ModelConfig c;
  c.vocabulary = 48;
  c.dim = 32;
  c.layers = c.heads = 1;
  c.head_dim = c.window = 16;
  c.hidden = 32;
  const ExactModel model = random_model(1, c);
  Engine engine = make_cpu_engine(model, 1);
  const std::vector<int8_t> zero(c.dim, 0);
  std::vector<uint32_t> f(c.vocabulary);
  engine.head->frequencies(zero.data(), 1, f.data());
  for (size_t j = 2; j < f.size(); ++j) CHECK(f[j] == f[1]);
  CHECK(f[0] == (1 << 24) - 47 * f[1]);
  CHECK(f[0] >= f[1]);
}

TEST_CASE("long learning at the highest rate leaves tables valid and as the document says") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    RandomModelMaker maker(seed, seed == 3 ? 0.01 : 1);  // small units run to the limits
    ModelConfig c = maker.config();
    c.vocabulary = 96;
    c.dim = 64;
    ExactModel model = maker.model(c);
    model.learning.threshold = seed == 2 ? 0 : 16777;
    CAPTURE(seed);
    constexpr uint32_t kHighest = 255 * 1024;
    const unsigned threads = static_cast<unsigned>(seed);
    Engine engine = make_cpu_engine(model, threads);
    engine.head->reset(kHighest);
    document::Head head(model);
    std::mt19937_64 random(seed);
    std::vector<uint32_t> f;
    bool at_limit = false;
    for (int i = 0; i < 400; ++i) {
      const size_t rows = i % 3 == 0 ? 1 : 1 + random() % 35;
      const std::vector<int8_t> hidden =
          some_hidden(random, rows, c.dim, 1 + static_cast<int>(random() % 3));
      check_rows(engine, c, hidden, f);
      std::vector<uint32_t> tokens(rows);
      // Against the expectation: the least likely token always comes, so that weights run to their
      // limits.
      for (size_t row = 0; row < rows; ++row) {
        const auto begin = f.begin() + static_cast<ptrdiff_t>(row * c.vocabulary);
        tokens[row] = static_cast<uint32_t>(std::min_element(begin, begin + c.vocabulary) - begin);
      }
      engine.head->learn(hidden.data(), f.data(), tokens.data(), rows);
      head.learn(hidden.data(), f.data(), tokens.data(), rows, kHighest);
      if (i % 40 != 39) continue;
      std::vector<int32_t> l(c.vocabulary);
      engine.head->logits(hidden.data(), 1, l.data());
      if (l != head.logits(hidden.data()))
        FAIL("the head has other weights after " << i << " steps");
      for (size_t j = 0; j < c.vocabulary; ++j) {
        for (size_t k = 0; k < c.dim; ++k)
          at_limit |= head.master(j, k) == 32767 || head.master(j, k) == -32768;
      }
    }
    if (seed == 3) CHECK(at_limit);
  }
}

TEST_CASE("a rate of 0 freezes the head, and a reset makes it new") {
  ModelConfig c = RandomModelMaker(9, 1).config();
  const ExactModel model = random_model(9, c);
  Engine engine = make_cpu_engine(model, 2);
  std::mt19937_64 random(9);
  const std::vector<int8_t> hidden = some_hidden(random, 4, c.dim, 3);
  const std::vector<uint32_t> tokens{0, 1, 2, 3};
  std::vector<uint32_t> first, again;
  engine.head->reset(0);
  check_rows(engine, c, hidden, first);
  engine.head->learn(hidden.data(), first.data(), tokens.data(), 4);
  check_rows(engine, c, hidden, again);
  CHECK(first == again);
  engine.head->reset(100 * 1024);
  engine.head->learn(hidden.data(), first.data(), tokens.data(), 4);
  check_rows(engine, c, hidden, again);
  CHECK(first != again);
  engine.head->reset(0);
  check_rows(engine, c, hidden, again);
  CHECK(first == again);
}
