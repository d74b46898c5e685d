// SPDX-License-Identifier: Apache-2.0
// Do GPT-2, OPT, LLaMA and Mistral give the probabilities of plain loops in double precision,
// whatever the type of the file?
#include "float_test_models.h"
#include "temp_folder.h"

using namespace llmz;
using namespace llmz::test;

namespace {

// Of two windows of different lengths, which bits() computes together: the largest difference of
// ln p over the vocabulary, that of the bits scored, the mean of its size and its mean.
struct Difference {
  double log_probability = 0, bits = 0, mean_size = 0, mean = 0;
};

Difference difference(LanguageModel& model, const Reference& reference, uint32_t vocabulary,
                      size_t length) {
  Difference d;
  const std::vector<uint32_t> a = random_tokens(1, length, vocabulary),
                              b = random_tokens(2, length / 2 + 1, vocabulary);
  std::vector<float> bits = {7};  // bits() appends
  model.bits({{a.data(), a.size(), 1}, {b.data(), b.size(), 4}}, bits);
  REQUIRE(bits.size() == 1 + (a.size() - 1) + (b.size() - 4));
  size_t i = 1;
  for (const auto* tokens : {&a, &b}) {
    const Rows rows = reference.log_probabilities(*tokens);
    for (size_t t = tokens == &a ? 1 : 4; t < tokens->size(); ++t, ++i) {
      const double expected = -rows[t - 1][(*tokens)[t]] / std::log(2.0);
      d.bits = std::max(d.bits, std::fabs(bits[i] - expected));
      d.mean += (bits[i] - expected) / static_cast<double>(bits.size() - 1);
      d.mean_size += std::fabs(bits[i] - expected) / static_cast<double>(bits.size() - 1);
    }
    std::vector<float> next;
    model.next(tokens->data(), tokens->size(), next);
    REQUIRE(next.size() == vocabulary);
    for (size_t v = 0; v < vocabulary; ++v)
      d.log_probability = std::max(d.log_probability, std::fabs(next[v] - rows.back()[v]));
  }
  return d;
}

// What a test expects of a model in every type of file.
void check_family(const RandomModel& model) {
  for (Stored type : {Stored::kF32, Stored::kF16, Stored::kBF16}) {
    for (int form = 0; form < 3; ++form) {
      if (form > 0 && type == Stored::kF32 && form != 1) continue;
      CAPTURE(dtype_name(type), form);
      TempFolder folder;
      write_text(folder.file("config.json"), model.config());
      if (form == 2)
        write_shards(folder.path(), model.tensors(), type, 3);
      else  // aligned, or not
        write_safetensors(folder.file("model.safetensors"), model.tensors(), type, form ? 1 : 8);
      const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder.path());
      const Reference reference(model, type);
      const auto vocabulary = static_cast<uint32_t>(model.vocabulary);
      const auto length = static_cast<size_t>(model.positions);

      const uint64_t copies = form == 1 ? 0 : form == 2 ? 20'000 : 1 << 30;  // none, some, all
      const auto exact = float_model(checkpoint, "float32", 2, copies);
      if (!exact) return;
      CHECK(exact->description().max_context == length);
      CHECK(exact->description().vocabulary == vocabulary);
      CHECK(exact->description().fingerprint == checkpoint.fingerprint());
      const Difference d = difference(*exact, reference, vocabulary, length);
      CHECK(d.log_probability < 1e-4);
      CHECK(d.bits < 1e-4);

      const auto coarse = float_model(checkpoint, "bfloat16", 2, copies);
      if (!coarse) continue;
      const Difference c = difference(*coarse, reference, vocabulary, length);
      CHECK(c.mean_size < 0.15);
      CHECK(std::fabs(c.mean) < 0.05);
      CHECK(c.bits > 1e-5);  // it is another arithmetic
    }
  }
}

}  // namespace

TEST_CASE("GPT-2") { check_family(RandomModel()); }

TEST_CASE("OPT") {
  RandomModel model;
  model.family = RandomModel::kOpt;
  model.prefix = "model.decoder.";
  check_family(model);
}

TEST_CASE("OPT as its 350M is: another width of embeddings, norms after the additions") {
  RandomModel model;
  model.family = RandomModel::kOpt;
  model.prefix = "decoder.";
  model.embedding_dim = 10;
  model.norm_first = false;
  check_family(model);
}

TEST_CASE("LLaMA, the head its own and tied") {
  RandomModel model;
  model.family = RandomModel::kLlama;
  model.prefix = "model.";
  model.tied = false;
  check_family(model);
  model.tied = true;
  model.rope_theta = 500;
  check_family(model);
}

TEST_CASE("Mistral: key-value heads shared, attention through a window") {
  RandomModel model;
  model.family = RandomModel::kMistral;
  model.prefix = "model.";
  model.tied = false;
  model.heads = 6;
  model.kv_heads = 2;
  for (int64_t window : {1, 7, 39, 40, 0}) {
    CAPTURE(window);
    model.sliding_window = window;
    if (window == 7) {
      check_family(model);
      continue;
    }
    TempFolder folder;
    write_text(folder.file("config.json"), model.config());
    write_safetensors(folder.file("model.safetensors"), model.tensors(), Stored::kF32);
    const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder.path());
    const auto built = float_model(checkpoint);
    if (!built) return;
    const Difference d = difference(*built, Reference(model, Stored::kF32), 61, 40);
    CHECK(d.bits < 1e-4);
  }
}

TEST_CASE("windows longer than the attention's slices") {
  RandomModel model;
  model.family = RandomModel::kMistral;
  model.prefix = "model.";
  model.layers = 1;
  model.dim = 12;
  model.heads = 2;
  model.kv_heads = 1;
  model.positions = 700;
  for (int64_t window : {0, 50, 333}) {
    CAPTURE(window);
    model.sliding_window = window;
    TempFolder folder;
    write_text(folder.file("config.json"), model.config());
    write_safetensors(folder.file("model.safetensors"), model.tensors(), Stored::kF32);
    const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder.path());
    const auto built = float_model(checkpoint);
    if (!built) return;
    CHECK(difference(*built, Reference(model, Stored::kF32), 61, 700).bits < 1e-4);
  }
}
