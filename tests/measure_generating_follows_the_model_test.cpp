// SPDX-License-Identifier: Apache-2.0
// Does sampling follow the distribution, and the seed? Do compressors predict what they have seen?
#include <catch2/catch.hpp>
#include <cmath>

#include "llmz_lab/generating.h"
#include "toy_language_model.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::vector<double> shares(const Sampling& sampling, const std::vector<float>& log_weights) {
  constexpr int kDraws = 40'000;
  Sampler sampler(sampling);
  std::vector<double> counts(log_weights.size());
  for (int i = 0; i < kDraws; ++i) counts[sampler.draw(log_weights)] += 1.0 / kDraws;
  return counts;
}

// The continuation of `prompt` by `bytes` bytes.
template <class Model>
std::string continued(Model&& go_on, size_t bytes) {
  std::string text;
  go_on([&](ByteView part) {
    text += part.text();
    return text.size() < bytes;
  });
  return text;
}

}  // namespace

TEST_CASE("draws have the shares of the weights") {
  const std::vector<float> weights = {std::log(0.5f), std::log(0.3f), std::log(0.2f)};
  const auto plain = shares({7, 1, 0}, weights);
  CHECK(plain[0] == Approx(0.5).margin(0.015));
  CHECK(plain[1] == Approx(0.3).margin(0.015));
  const auto two = shares({7, 1, 2}, weights);
  CHECK(two[0] == Approx(0.625).margin(0.015));
  CHECK(two[2] == 0);
  const auto cold = shares({7, 0.5, 0}, weights);  // squares: 25, 9, 4 of 38
  CHECK(cold[0] == Approx(25 / 38.0).margin(0.015));
  CHECK(shares({7, 0, 0}, weights)[0] == Approx(1));
  CHECK(shares({7, 1, 1}, weights)[0] == Approx(1));
}

TEST_CASE("the same seed gives the same text, and the model's order is followed") {
  MeasuredModel model = toy_model(8, 4, [](const Window&, size_t) { return 1.0f; });
  const auto with_seed = [&](uint64_t seed, double temperature) {
    Sampler sampler({seed, temperature, 0});
    return continued(
        [&](const GeneratedSink& sink) { generate(model, ByteView("abc"), sampler, sink); }, 30);
  };
  CHECK(with_seed(1, 1) == with_seed(1, 1));
  CHECK(with_seed(1, 4) != with_seed(2, 4));
  CHECK(with_seed(5, 0) == "defghijklmnopqrstuvwxyz{|}~\x7f\x80\x81");
}

TEST_CASE("gzip and LZMA2 continue what repeats") {
  std::string prompt;
  for (int i = 0; i < 30; ++i) prompt += "abcdefghij";
  for (const LengthInBits& length :
       {LengthInBits(deflate_length_bits), LengthInBits(lzma2_length_bits)}) {
    Sampler sampler({1, 0, 0});
    // What repeats adds less than what is new.
    const double before = length(ByteView(prompt));
    const double right = length(ByteView(prompt + "abcdefghij")) - before;
    const double wrong = length(ByteView(prompt + "Q#7x~?!%zK")) - before;
    CHECK(right + 24 <= wrong);
    const std::string text = continued(
        [&](const GeneratedSink& sink) { generate(length, ByteView(prompt), 2048, sampler, sink); },
        3);
    CHECK(text.size() == 3);
  }
}
