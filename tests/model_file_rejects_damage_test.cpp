// SPDX-License-Identifier: Apache-2.0
// Is a model file that is damaged, or that breaks the limits of the arithmetic, always refused?
#include <catch2/catch.hpp>
#include <functional>

#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

std::optional<ErrorKind> refusal(const Bytes& file) {
  return kind_of_error([&] { parse_model(file, "test"); });
}

std::string message_of(const Bytes& file) {
  try {
    parse_model(file, "test");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void check_limit(const char* what, bool accepted, const std::function<void(ExactModel&)>& change) {
  CAPTURE(what);
  static const Tokenizer tokenizer = tiny_tokenizer();
  ExactModel model = tiny_exact_model(tokenizer);
  change(model);
  const auto kind = kind_of_error([&] { serialize_model(model, tokenizer.table(), {{1}, 0}); });
  if (accepted) {
    CHECK_FALSE(kind.has_value());
  } else {
    CHECK(kind == ErrorKind::kModelBad);
  }
}

}  // namespace

TEST_CASE("costs and self-test tokens out of bounds are refused") {
  const Tokenizer tokenizer = tiny_tokenizer();
  const ExactModel exact = tiny_exact_model(tokenizer);
  const auto message = [&](const TokenTable& table, const std::vector<uint32_t>& tokens) {
    return message_of(serialize_model(exact, table, {tokens, 0}));
  };
  TokenTable table = tokenizer.table();
  CHECK(message(table, {0, table.vocabulary.size() - 1}).empty());
  CHECK(message(table, {table.vocabulary.size()}).find("self-test") != std::string::npos);
  for (const uint32_t cost : {0u, TokenTable::kMostCost + 1}) {
    table.costs[5] = cost;
    CHECK(message(table, {}).find("a token costs") != std::string::npos);
  }
  table.costs[5] = TokenTable::kMostCost;
  CHECK(message(table, {}).empty());
}

TEST_CASE("a file of another version or kind is not read") {
  for (const auto& [at, largest] : {std::pair<size_t, int>{8, 3}, {9, 1}}) {
    for (int value = 0; value < 256; ++value) {
      Bytes file = tiny_model_file(bytes_only_tokenizer());
      file[at] = static_cast<uint8_t>(value);
      const std::string message = message_of(rehashed(file));
      const bool told = message.find("this llmz reads version 3") != std::string::npos;
      if (told != (at == 8 ? value != largest : value > largest)) FAIL(at << ": " << value);
    }
  }
}

TEST_CASE("a model file comes back as it was") {
  const Tokenizer tokenizer = tiny_tokenizer();
  const ExactModel exact = tiny_exact_model(tokenizer, 5);
  const Bytes file = serialize_model(exact, tokenizer.table(), {{7, 0, 7}, 0x0123456789abcdef});
  const auto model = parse_model(file, "test");
  CHECK(model->exact.name == "tiny");
  CHECK(model->exact.head.weight == exact.head.weight);
  CHECK(model->exact.layers[0].down.multiplier == exact.layers[0].down.multiplier);
  CHECK(model->self_test.tokens == std::vector<uint32_t>({7, 0, 7}));
  CHECK(model->self_test.tables_hash == 0x0123456789abcdef);
  CHECK(model->fingerprint == load_le(file.data() + file.size() - 8, 8));
  CHECK(serialize_model(model->exact, model->token_table, model->self_test) == file);
  const ModelSummary summary = summarize_model(file, "test");
  CHECK(summary.fingerprint == model->fingerprint);
  CHECK(summary.name == "tiny");
  CHECK(summary.config.vocabulary == exact.config.vocabulary);
}

TEST_CASE("a model file cut or flipped anywhere is refused") {
  const Bytes file = tiny_model_file(tiny_tokenizer());
  std::mt19937 random(1);
  for (size_t i = 0; i < 1500; ++i) {
    const size_t at = i < 200 ? i : random() % file.size();
    const Bytes cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(at));
    if (refusal(cut) != ErrorKind::kModelBad) FAIL("cut at " << at);
    Bytes flipped = file;
    flipped[at] ^= static_cast<uint8_t>(1 << random() % 8);
    if (refusal(flipped) != ErrorKind::kModelBad) FAIL("flipped at " << at);
    if (kind_of_error([&] { summarize_model(flipped, "test"); }) != ErrorKind::kModelBad)
      FAIL("summary of one flipped at " << at);
  }
  Bytes longer = file;
  longer.push_back(0);
  CHECK(refusal(longer) == ErrorKind::kModelBad);
  longer = rehashed(longer);
  CHECK(refusal(longer) == ErrorKind::kModelBad);
}

TEST_CASE("a forged file, with a right hash, is refused or keeps the limits") {
  const Bytes file = tiny_model_file(tiny_tokenizer());
  std::mt19937 random(2);
  for (size_t i = 0; i < 800; ++i) {
    Bytes forged = file;
    // The shape and the vocabulary, the end, anywhere.
    const size_t at = i < 300   ? 9 + i
                      : i < 400 ? file.size() - 100 + i - 300
                                : random() % (file.size() - 8);
    forged[at] = static_cast<uint8_t>(random());
    if (i % 5 == 0) forged.erase(forged.begin() + static_cast<ptrdiff_t>(at));
    forged = rehashed(forged);
    std::shared_ptr<const LoadedModel> model;
    const auto kind = kind_of_error([&] { model = parse_model(forged, "test"); });
    if (kind.has_value() ? kind != ErrorKind::kModelBad
                         : kind_of_error([&] { check_model(model->exact, "test"); }).has_value())
      FAIL("byte " << at << " gives error " << (kind ? static_cast<int>(*kind) : -1));
  }
}

TEST_CASE("varints that never end are a bad model as well") {
  Bytes forged = tiny_model_file(tiny_tokenizer());
  std::fill(forged.begin() + 10, forged.begin() + 30, uint8_t{0xff});
  CHECK(refusal(rehashed(forged)) == ErrorKind::kModelBad);
}

TEST_CASE("limits of the arithmetic are kept") {
  const auto multiplier = [](ExactModel& m) -> uint32_t& {
    return m.layers[0].attention_multiplier[1];
  };
  check_limit("nothing", true, [](ExactModel&) {});
  check_limit("weight", false, [](ExactModel& m) { m.layers[0].query.weight[3] = 64; });
  check_limit("weight", false, [](ExactModel& m) { m.layers[0].down.weight[3] = -64; });
  check_limit("embedding", false, [](ExactModel& m) { m.embedding.weight[7] = -128; });
  check_limit("previous", false, [](ExactModel& m) { m.previous.weight[7] = 64; });
  check_limit("head", true, [](ExactModel& m) { m.head.weight[7] = -127; });
  check_limit("head", false, [](ExactModel& m) { m.head.weight[7] = -128; });
  check_limit("multiplier", true, [](ExactModel& m) { m.layers[0].up.multiplier[0] = INT32_MAX; });
  check_limit("multiplier", false, [](ExactModel& m) { m.layers[0].up.multiplier[0] = -1; });
  check_limit("shift", true, [](ExactModel& m) { m.layers[0].key.shift = 40; });
  check_limit("shift", false, [](ExactModel& m) { m.layers[0].key.shift = 41; });
  check_limit("attention", true, [&](ExactModel& m) { multiplier(m) = 32767; });
  check_limit("attention", false, [&](ExactModel& m) { multiplier(m) = 32768; });
  check_limit("attention", false,
              [](ExactModel& m) { m.layers[0].attention_multiplier.push_back(1); });
  for (int32_t sign : {-1, 1}) {
    check_limit("scalar", true,
                [&](ExactModel& m) { m.layers[0].scalars.pair = sign * (1 << 17); });
    check_limit("scalar", false,
                [&](ExactModel& m) { m.layers[0].scalars.stream = sign * ((1 << 17) + 1); });
    check_limit("scalar", false,
                [&](ExactModel& m) { m.layers[0].scalars.embedding = sign * ((1 << 17) + 1); });
  }
  check_limit("pairs", true, [](ExactModel& m) { m.pairs.multiplier[0] = 1 << 21; });
  check_limit("pairs", false, [](ExactModel& m) { m.pairs.multiplier[0] = (1 << 21) + 1; });
  check_limit("pairs", false, [](ExactModel& m) { m.pairs = {}; });
  check_limit("value embedding", false,
              [](ExactModel& m) { m.layers[0].value_embedding.multiplier[3] = (1 << 21) + 1; });
  check_limit("value embedding", false,
              [](ExactModel& m) { m.layers[0].value_embedding.weight[3] = 64; });
  check_limit("value embedding", false, [](ExactModel& m) { m.layers[0].value_embedding = {}; });
  check_limit("value embedding", false, [](ExactModel& m) { m.config.value_every = 0; });
  check_limit("sine", false, [](ExactModel& m) { m.sine[5] = 16385; });
  check_limit("sine", false, [](ExactModel& m) { m.sine.pop_back(); });
  check_limit("rotary", false, [](ExactModel& m) { m.rotary_frequency.push_back(1); });
  check_limit("rate", true, [](ExactModel& m) { m.learning.rate = 255 * 1024; });
  check_limit("rate", false, [](ExactModel& m) { m.learning.rate = 256 * 1024; });
  check_limit("rate", false, [](ExactModel& m) { m.learning.rate = 1025; });
  check_limit("rows", false, [](ExactModel& m) { m.layers[0].value.rows += 1; });
  check_limit("missing weight", false, [](ExactModel& m) { m.layers[0].output.weight.pop_back(); });
  check_limit("layers", false, [](ExactModel& m) { m.config.layers = 257; });
}

TEST_CASE("shapes outside the limits are refused, on them accepted") {
  const auto refused = [](const std::function<void(ModelConfig&)>& change) {
    ModelConfig c = tiny_exact_model(bytes_only_tokenizer()).config;
    change(c);
    const ExactModel model = random_model(1, c);
    return kind_of_error([&] { check_model(model, "test"); }).has_value();
  };
  // The maker's rate is not one that a file can hold.
  const auto only_shape = [&](const std::function<void(ModelConfig&)>& change) {
    ModelConfig c = tiny_exact_model(bytes_only_tokenizer()).config;
    change(c);
    ExactModel model = random_model(1, c);
    model.learning.rate = 1024;
    return kind_of_error([&] { check_model(model, "test"); }) == ErrorKind::kModelBad;
  };
  CHECK(refused([](ModelConfig&) {}));
  CHECK_FALSE(only_shape([](ModelConfig&) {}));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.dim = 512; }));
  CHECK(only_shape([](ModelConfig& c) { c.dim = 544; }));
  CHECK(only_shape([](ModelConfig& c) { c.dim = 48; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.hidden = 2080; }));
  CHECK(only_shape([](ModelConfig& c) { c.hidden = 2112; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.head_dim = 128; }));
  CHECK(only_shape([](ModelConfig& c) { c.head_dim = 144; }));
  CHECK(only_shape([](ModelConfig& c) { c.head_dim = 24; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.heads = 130; }));
  CHECK(only_shape([](ModelConfig& c) { c.heads = 131; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.window = 2048; }));
  CHECK(only_shape([](ModelConfig& c) { c.window = 2064; }));
  CHECK(only_shape([](ModelConfig& c) { c.window = 40; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.vocabulary = 65536; }));
  CHECK(only_shape([](ModelConfig& c) { c.vocabulary = 65552; }));
  CHECK(only_shape([](ModelConfig& c) { c.vocabulary = 264; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.pair_rows = 0; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.pair_rows = 2; }));
  CHECK(only_shape([](ModelConfig& c) { c.pair_rows = 1; }));
  CHECK(only_shape([](ModelConfig& c) { c.pair_rows = 48; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.pair_rows = 1 << 20; }));
  CHECK(only_shape([](ModelConfig& c) { c.pair_rows = 1 << 21; }));
  CHECK_FALSE(only_shape([](ModelConfig& c) { c.value_every = 0; }));
  CHECK(only_shape([](ModelConfig& c) { c.value_every = 2; }));
}
