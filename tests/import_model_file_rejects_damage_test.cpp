// SPDX-License-Identifier: Apache-2.0
// Is the file of an imported model that is damaged, or that breaks the limits of the arithmetic,
// always refused?
#include <catch2/catch.hpp>
#include <functional>

#include "random_imported_model.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

Bytes file_of(TestFamily family) {
  const ExactModel model = random_imported_model(1, family, 256);
  return serialize_model(model, bytes_only_tokenizer().table(), {{1, 2}, 0x0123456789abcdef});
}

std::optional<ErrorKind> refusal(const Bytes& file) {
  return kind_of_error([&] { parse_model(file, "test"); });
}

}  // namespace

TEST_CASE("a damaged or forged file of an imported model is refused or keeps the limits") {
  std::mt19937 random(3);
  for (TestFamily family : {TestFamily::kOpt, TestFamily::kMistral}) {
    const Bytes file = file_of(family);
    for (size_t i = 0; i < 300; ++i) {
      const size_t at = i < 100 ? i : random() % file.size();
      const Bytes cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(at));
      if (refusal(cut) != ErrorKind::kModelBad) FAIL("cut at " << at);
      Bytes flipped = file;
      flipped[at] ^= static_cast<uint8_t>(1 << random() % 8);
      if (refusal(flipped) != ErrorKind::kModelBad) FAIL("flipped at " << at);
    }
    for (size_t i = 0; i < 500; ++i) {
      Bytes forged = file;
      const size_t at = i < 60 ? 8 + i : random() % (file.size() - 8);
      forged[at] = static_cast<uint8_t>(random());
      if (i % 5 == 0) forged.erase(forged.begin() + static_cast<ptrdiff_t>(at));
      forged = rehashed(forged);
      std::shared_ptr<const LoadedModel> model;
      const auto kind = kind_of_error([&] { model = parse_model(forged, "test"); });
      if (kind.has_value() ? kind != ErrorKind::kModelBad
                           : kind_of_error([&] { check_model(model->exact, "test"); }).has_value())
        FAIL("byte " << at << " gives error " << (kind ? static_cast<int>(*kind) : -1));
      const auto of_summary = kind_of_error([&] { summarize_model(forged, "test"); });
      if (of_summary.value_or(ErrorKind::kModelBad) != ErrorKind::kModelBad)
        FAIL("summary, byte " << at);
    }
  }
}

TEST_CASE("limits of the arithmetic of imported models are kept") {
  const auto model = parse_model(file_of(TestFamily::kLlama), "test");
  const auto refused = [&](const std::function<void(ExactModel&)>& change) {
    ExactModel changed = model->exact;
    change(changed);
    return kind_of_error([&] { check_model(changed, "test"); }) == ErrorKind::kModelBad;
  };
  CHECK_FALSE(refused([](ExactModel&) {}));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].query.matrix.weight[0] = -128; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].down.matrix.multiplier[0] = 1 << 24; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].up.matrix.shift = 22; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].up.matrix.shift = 62; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].key.bias = {1}; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].attention_multiplier = 1 << 24; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].attention_shift = 62; }));
  CHECK(refused([](ExactModel& m) { m.imported->layers[0].attention_gain[0] = INT32_MIN; }));
  CHECK(refused([](ExactModel& m) { m.imported->head[0] = -32768; }));
  CHECK(refused([](ExactModel& m) { m.imported->epsilon = -1; }));
  CHECK(refused([](ExactModel& m) { m.imported->final_bias.pop_back(); }));
  CHECK(refused([](ExactModel& m) { m.imported->shape.positions = 3; }));
  CHECK(refused([](ExactModel& m) { m.imported->shape.kv_heads = 7; }));
  CHECK(refused([](ExactModel& m) { m.rotary_frequency.pop_back(); }));
  CHECK(refused([](ExactModel& m) { m.learning.rate = 1; }));
}
