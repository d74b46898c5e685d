// SPDX-License-Identifier: Apache-2.0
// Does a window cost the same alone, beside others, and with another first scored token; and are
// impossible windows and settings refused?
#include <algorithm>
#include <cmath>

#include "float_test_models.h"
#include "random_model.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::string usage_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

// A tiny LLaMA, its folder kept as long as the object.
struct Tiny {
  Tiny() {
    RandomModel model;
    model.family = RandomModel::kLlama;
    model.prefix = "model.";
    write_text(folder.file("config.json"), model.config());
    write_safetensors(folder.file("model.safetensors"), model.tensors(), Stored::kF32);
    checkpoint = std::make_unique<hf::Checkpoint>(hf::Checkpoint::open(folder.path()));
  }
  TempFolder folder;
  std::unique_ptr<hf::Checkpoint> checkpoint;
};

}  // namespace

TEST_CASE("thousands of windows together cost what they cost one by one") {
  Tiny tiny;
  const auto model = float_model(*tiny.checkpoint, "float32", 2);
  if (!model) return;
  std::vector<std::vector<uint32_t>> texts;
  std::vector<Window> windows;
  for (size_t i = 0; i < 3000; ++i) texts.push_back(random_tokens(i, 1 + i * 7 % 40, 61));
  size_t expected = 0;
  for (const auto& t : texts) {
    windows.push_back({t.data(), t.size(), 1 + t.size() / 3});
    expected += t.size() - std::min(t.size(), windows.back().first_scored);
  }
  std::vector<float> together, alone;
  model->bits(windows, together);
  REQUIRE(together.size() == expected);
  size_t at = 0;
  for (size_t i = 0; i < windows.size(); ++i) {
    const size_t scored = texts[i].size() - std::min(texts[i].size(), windows[i].first_scored);
    if (i % 50 == 0 || i + 1 == windows.size()) {
      alone.clear();
      model->bits({windows[i]}, alone);
      REQUIRE(alone.size() == scored);
      for (size_t t = 0; t < scored; ++t) CHECK(alone[t] == Approx(together[at + t]).margin(1e-4));
    }
    at += scored;
  }
  std::vector<float> none;
  model->bits({}, none);
  CHECK(none.empty());
}

TEST_CASE("a long window of a model that sees a limited way back comes in pieces that fit") {
  RandomModelMaker maker(5, 1);
  ModelConfig c = maker.config();
  c.dim = 32;
  c.hidden = 2048;
  c.layers = 2;
  c.window = 32;
  const ExactModel exact = maker.model(c);
  const auto model = model_or_skip([&] {
    return open_float_model(exact, 77, {"float32", "cpu", 2});
  });
  if (!model) return;
  CHECK(model->description().max_context == 0);
  CHECK(model->description().fingerprint == 77);
  // 64 Mi floats of activations are 8004 rows here; so this is cut twice.
  std::vector<uint32_t> tokens = random_tokens(3, 20'000, c.vocabulary);
  tokens[0] = 0;
  std::vector<float> whole, part;
  model->bits({{tokens.data(), tokens.size(), 1}}, whole);
  REQUIRE(whole.size() == tokens.size() - 1);
  // What a token costs depends on its sight alone, so windows that begin elsewhere agree from
  // there on.
  const size_t sight = c.layers * (c.window - 1) + 2;
  for (size_t begin : {0u, 7'900u, 15'900u, 19'700u}) {
    part.clear();
    const size_t count = std::min<size_t>(400, tokens.size() - begin);
    model->bits({{tokens.data() + begin, count, begin == 0 ? 1 : sight}}, part);
    const size_t first = begin == 0 ? 1 : sight;
    REQUIRE(part.size() == count - first);
    double largest = 0;
    for (size_t i = 0; i < part.size(); ++i)
      largest = std::max<double>(largest, std::fabs(part[i] - whole[begin + first - 1 + i]));
    CHECK(largest < 1e-3);
  }
  std::vector<float> next;
  model->next(tokens.data(), 8'100, next);
  CHECK(-next[tokens[8'100]] / std::log(2.0) == Approx(whole[8'099]).margin(1e-3));
}

TEST_CASE("what a model cannot read is refused with what it can") {
  Tiny tiny;
  const auto model = float_model(*tiny.checkpoint);
  if (!model) return;
  const std::vector<uint32_t> long_text(41, 1), foreign = {1, 61};
  std::vector<float> out;
  CHECK_THAT(usage_of([&] {
               model->bits({{long_text.data(), 41, 1}}, out);
             }),
             Catch::Contains("41 tokens") && Catch::Contains("at most 40"));
  CHECK_THAT(usage_of([&] {
               model->bits({{foreign.data(), 2, 1}}, out);
             }),
             Catch::Contains("token 61 is not in the vocabulary"));
  CHECK_THAT(usage_of([&] {
               model->bits({{long_text.data(), 3, 0}}, out);
             }),
             Catch::Contains("first token of a window cannot be scored"));
  CHECK_THAT(usage_of([&] { model->next(long_text.data(), 0, out); }),
             Catch::Contains("needs a token"));
  CHECK(out.empty());
  const auto make = [&](const char* precision, const char* device) {
    return usage_of([&] { open_float_model(*tiny.checkpoint, {precision, device, 1}); });
  };
  CHECK_THAT(make("float16", "cpu"), Catch::Contains("float16 products need a GPU"));
  CHECK_THAT(make("int8", "cpu"), Catch::Contains("none of float32, bfloat16, float16"));
  CHECK_THAT(make("float32", "tpu"), Catch::Contains("'tpu'"));
}

TEST_CASE("weights that are no numbers are an error, not a result") {
  RandomModel model;
  TempFolder folder;
  write_text(folder.file("config.json"), model.config());
  auto tensors = model.tensors();
  for (RandomTensor& t : tensors)
    if (t.name == "transformer.ln_f.bias") t.mean = std::nan("");
  write_safetensors(folder.file("model.safetensors"), tensors, Stored::kF32);
  CHECK_THROWS_WITH(hf::Checkpoint::open(folder.path()),
                    Catch::Contains("infinite or not a number") && Catch::Contains("ln_f.bias"));
}

TEST_CASE("the guesses of each token are the best of next(), and the bits stay the same") {
  Tiny tiny;
  const auto model = float_model(*tiny.checkpoint, "float32", 2);
  if (!model) return;
  const std::vector<uint32_t> first = random_tokens(1, 30, 61), second = random_tokens(2, 12, 61);
  const std::vector<Window> windows = {{first.data(), first.size(), 4},
                                       {second.data(), second.size(), 1}};
  std::vector<float> bits, alone, log_probabilities;
  std::vector<Guesses> guesses;
  model->bits(windows, bits, &guesses);
  model->bits(windows, alone);
  CHECK(bits == alone);
  REQUIRE(guesses.size() == bits.size());
  size_t at = 0;
  for (const Window& window : windows) {
    for (size_t i = window.first_scored; i < window.count; ++i, ++at) {
      model->next(window.tokens, i, log_probabilities);
      std::vector<float> sorted = log_probabilities;
      std::sort(sorted.rbegin(), sorted.rend());
      for (size_t k = 0; k < guesses[at].size(); ++k) {
        const Guess& guess = guesses[at][k];
        CHECK(log_probabilities[guess.token] == Approx(sorted[k]).margin(1e-4));
        CHECK(std::log(guess.probability) == Approx(sorted[k]).margin(1e-3));
      }
    }
  }
}
