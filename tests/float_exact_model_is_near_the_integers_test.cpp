// SPDX-License-Identifier: Apache-2.0
// Does llmz's own model in floating point cost what the integers cost, within half a per cent?
#include "encode/model_tokenizer.h"
#include "exact/engine.h"
#include "float_test_models.h"
#include "model/model_file.h"
#include "random_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// -log2 of the frozen frequencies, of tokens[1 ..].
std::vector<double> integer_bits(const ExactModel& model, const std::vector<uint32_t>& tokens) {
  Engine engine = make_cpu_engine(model, 2);
  engine.body->reset();
  engine.head->reset(0);
  constexpr size_t kStep = Body::kMaxTokensPerLane;
  const size_t vocabulary = model.config.vocabulary;
  std::vector<int8_t> hidden(kStep * model.config.dim);
  std::vector<uint32_t> frequencies(kStep * vocabulary);
  std::vector<double> bits;
  for (size_t begin = 0; begin + 1 < tokens.size(); begin += kStep) {
    const size_t count = std::min(kStep, tokens.size() - 1 - begin);
    engine.body->advance({{0, tokens.data() + begin, count}}, hidden.data());
    engine.head->frequencies(hidden.data(), count, frequencies.data());
    for (size_t i = 0; i < count; ++i)
      bits.push_back(24 - std::log2(frequencies[i * vocabulary + tokens[begin + i + 1]]));
  }
  return bits;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

TEST_CASE("the model fast on English prose") {
  const auto loaded = load_model(LLMZ_SOURCE "/models/fast.llmzmodel");
  // Prose that every copy of the sources has.
  const std::string text =
      text_of(LLMZ_SOURCE "/docs/exact-arithmetic.md") + text_of(LLMZ_SOURCE "/docs/measuring.md");
  std::vector<uint32_t> tokens = {0};
  tokenizer_of(*loaded).encode(ByteView(text), tokens);
  REQUIRE(tokens.size() > 2000);
  tokens.resize(std::min<size_t>(tokens.size(), 5000));

  const auto model = model_or_skip([&] {
    return open_float_model(loaded->exact, loaded->fingerprint, {"float32", "cpu", 2});
  });
  if (!model) return;
  std::vector<float> bits;
  model->bits({{tokens.data(), tokens.size(), 1}}, bits);
  const std::vector<double> integers = integer_bits(loaded->exact, tokens);
  REQUIRE(bits.size() == integers.size());
  double sum = 0, integer_sum = 0, absolute = 0;
  for (size_t i = 0; i < bits.size(); ++i) {
    sum += bits[i];
    integer_sum += integers[i];
    absolute += std::fabs(bits[i] - integers[i]);
  }
  const double count = static_cast<double>(bits.size());
  CAPTURE(sum / count, integer_sum / count, absolute / count);
  CHECK(std::fabs(sum / integer_sum - 1) < 0.005);
  CHECK(absolute / count < 0.2);  // token for token
}

TEST_CASE("networks with all parts that one may have, and without") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    RandomModelMaker maker(seed, 1);
    ModelConfig c = maker.config();
    c.pair_rows = seed % 2 == 0 ? 64 : 0;
    c.value_every = seed % 3 == 0 ? 0 : 1;
    const ExactModel exact = maker.model(c);
    CAPTURE(seed, c.layers, c.heads, c.pair_rows, c.value_every);
    const auto model = model_or_skip([&] {
      return open_float_model(exact, 1, {"float32", "cpu", 1});
    });
    if (!model) return;
    std::vector<uint32_t> tokens = random_tokens(seed, 600, c.vocabulary);
    tokens[0] = 0;
    std::vector<float> bits;
    model->bits({{tokens.data(), tokens.size(), 1}}, bits);
    const std::vector<double> integers = integer_bits(exact, tokens);
    REQUIRE(bits.size() == integers.size());
    double sum = 0, integer_sum = 0;
    for (size_t i = 0; i < bits.size(); ++i) {
      sum += bits[i];
      integer_sum += integers[i];
    }
    CAPTURE(sum, integer_sum);
    CHECK(std::fabs(sum / integer_sum - 1) < 0.02);
  }
}
