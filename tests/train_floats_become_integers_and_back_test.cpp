// SPDX-License-Identifier: Apache-2.0
// Do trained floats and the integers made of them say the same of a text, with all parts that a
// network may have and without them? Do the integers come back from the floats made of them?
#include <catch2/catch.hpp>
#include <cmath>

#include "exact/engine.h"
#include "model/model_file.h"
#include "train/quantize.h"

using namespace llmz;
using namespace llmz::train;

namespace {

using I = ParameterIndex;

ModelConfig shape(uint32_t pair_rows, uint32_t value_every) {
  ModelConfig c;
  c.vocabulary = 64;
  c.dim = 64;
  c.layers = 4;
  c.heads = 2;
  c.head_dim = 32;
  c.hidden = 96;
  c.window = 32;
  c.pair_rows = pair_rows;
  c.value_every = value_every;
  return c;
}

// As if trained: every part says something, and the head has an opinion.
Parameters parameters(const ModelConfig& c, uint64_t seed) {
  Parameters p = Parameters::initialize(c, seed);
  const auto noise = [&](size_t i, double deviation) {
    p.tensors[i] += torch::randn_like(p.tensors[i]) * deviation;
  };
  noise(I::kHead, 0.3);
  noise(I::scalars(c), 0.2);
  p.tensors[I::attention_scale(c)].uniform_(0.05, 1);
  if (c.pair_rows > 0) noise(I::pairs(c), 0.4);
  for (uint32_t l = 0; l < c.layers; ++l) {
    if (has_value_embedding(c, l)) noise(I::value_embedding(c, l), 1);
  }
  return p;
}

double integer_bits(const ExactModel& model, const std::vector<int64_t>& tokens) {
  Engine engine = make_cpu_engine(model, 1);
  engine.body->reset();
  engine.head->reset(0);
  std::vector<int8_t> hidden(model.config.dim);
  std::vector<uint32_t> frequencies(model.config.vocabulary);
  double bits = 0;
  for (size_t i = 1; i + 1 < tokens.size(); ++i) {
    const uint32_t token = static_cast<uint32_t>(tokens[i]);
    engine.body->advance({{0, &token, 1}}, hidden.data());
    engine.head->frequencies(hidden.data(), 1, frequencies.data());
    bits += 24 - std::log2(frequencies[static_cast<size_t>(tokens[i + 1])]);
  }
  return bits;
}

double float_bits(const ModelConfig& c, const Parameters& p, const std::vector<int64_t>& tokens) {
  return loss(c, prepare_weights(c, p, true), torch::tensor(tokens).view({1, -1}), true) /
         std::log(2.0);
}

std::vector<int64_t> some_tokens(size_t count, uint32_t vocabulary) {
  std::vector<int64_t> tokens(2, 0);  // a block begins with the token 0 twice
  while (tokens.size() < count + 2)
    tokens.push_back(torch::randint(vocabulary, {1}).item<int64_t>());
  return tokens;
}

// The multipliers of what a norm follows have a free scale.
void check_same(const IntegerMatrix& a, const IntegerMatrix& b, double tolerance) {
  CHECK(a.weight == b.weight);
  REQUIRE(a.multiplier.size() == b.multiplier.size());
  const auto value = [](const IntegerMatrix& m, size_t r) {
    return std::ldexp(m.multiplier[r], -static_cast<int>(m.shift));
  };
  for (size_t r = 0; r < a.multiplier.size(); ++r)
    if (std::fabs(value(a, r) - value(b, r)) > tolerance * value(a, r) + 1) FAIL("row " << r);
}

}  // namespace

TEST_CASE("floats and the integers made of them say the same") {
  for (const ModelConfig& c :
       {shape(0, 0), shape(0, 2), shape(64, 0), shape(64, 1), shape(16, 3)}) {
    CAPTURE(c.pair_rows, c.value_every);
    const Parameters p = parameters(c, 7);
    const ExactModel model = quantize(p, c, "test", {});
    const std::vector<int64_t> tokens = some_tokens(640, c.vocabulary);
    const double floats = float_bits(c, p, tokens), integers = integer_bits(model, tokens);
    CAPTURE(floats, integers);
    CHECK(std::fabs(floats / integers - 1) < 0.01);
    // Each part is heard: without it the text costs something else.
    for (size_t part = I::scalars(c); part < p.tensors.size(); ++part) {
      Parameters changed = p;
      changed.tensors[part] = p.tensors[part] * 0.5;
      CAPTURE(p.names[part]);
      const double other = integer_bits(quantize(changed, c, "test", {}), tokens);
      CHECK(std::fabs(other / integers - 1) > 1e-4);
    }
  }
}

TEST_CASE("integers come back from the floats made of them") {
  for (const ModelConfig& c : {shape(0, 0), shape(64, 2)}) {
    CAPTURE(c.pair_rows);
    const ExactModel model = quantize(parameters(c, 8), c, "test", {});
    const ExactModel back = quantize(dequantize(model), c, "test", {});
    check_same(back.embedding, model.embedding, 1e-3);
    check_same(back.head, model.head, 1e-3);
    check_same(back.pairs, model.pairs, 1e-3);
    for (uint32_t l = 0; l < c.layers; ++l) {
      const ExactLayer &a = back.layers[l], &b = model.layers[l];
      check_same(a.value, b.value, 1e-3);
      check_same(a.output, b.output, 1e-3);
      check_same(a.value_embedding, b.value_embedding, 2e-3);
      CHECK(a.scalars.stream == b.scalars.stream);
      CHECK(a.scalars.embedding == b.scalars.embedding);
      CHECK(a.scalars.pair == b.scalars.pair);
      CHECK(a.attention_multiplier == b.attention_multiplier);
    }
  }
}

TEST_CASE("a model goes on with parts that it had not, and they change nothing at first") {
  const ModelConfig without = shape(0, 0), with = shape(64, 2);
  const ExactModel model = quantize(parameters(without, 9), without, "test", {});
  Parameters p = Parameters::initialize(with, 1);
  p.take(dequantize(model));
  const ExactModel grown = quantize(p, with, "test", {});
  const std::vector<int64_t> tokens = some_tokens(200, with.vocabulary);
  CHECK(std::fabs(integer_bits(grown, tokens) / integer_bits(model, tokens) - 1) < 1e-3);
  // Or they would never learn.
  for (uint32_t l = 0; l < with.layers; ++l) CHECK(grown.layers[l].scalars.pair != 0);
}

TEST_CASE("what the fixed points do not hold is refused") {
  const ModelConfig c = shape(0, 0);
  const auto refused = [&](size_t tensor, double value) {
    Parameters p = parameters(c, 10);
    p.tensors[tensor][1][0] = value;
    try {
      quantize(p, c, "test", {});
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kModelBad;
    }
    return false;
  };
  CHECK_FALSE(refused(I::scalars(c), -8));
  CHECK(refused(I::scalars(c), 8.1));
  CHECK(refused(I::scalars(c), std::nan("")));
  CHECK_FALSE(refused(I::attention_scale(c), 1.3));
  CHECK(refused(I::attention_scale(c), 1.5));
  CHECK(refused(I::kHead, 4.1));
}
