// SPDX-License-Identifier: Apache-2.0
// Does a checkpoint of each family become a model that compresses anything losslessly, that is
// near its original in floating point?
#include <catch2/catch.hpp>

#include "hf/sorted_vocabulary.h"
#include "import/import.h"
#include "import_checkpoint.h"
#include "import_logits.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

namespace {

importer::ImportedModel imported(const std::string& folder, uint32_t context = 0,
                                 const std::string& tokenizer = "") {
  ImportSettings settings;
  settings.directory = folder;
  settings.name = "tiny";
  settings.context = context;
  settings.tokenizer = tokenizer;
  return importer::import_model(settings, [](const std::string&) {});
}

bool have_torch() {
  static const bool have = [] {
    Engine engine;
    const ExactModel model = random_model(1);
    return torch_engine(model, engine);
  }();
  return have;
}

// The models of the four families, by name, in a folder of llmz's.
const Models& imported_models() {
  static const TempFolder folder;
  static const Models models = [] {
    for (const auto& [name, family] : family_names()) {
      const std::string from = folder.file(name);
      write_checkpoint(from, tiny_checkpoint(family));
      const importer::ImportedModel model = imported(from);
      write_file(folder.file(name + ".llmzmodel"),
                 serialize_model(model.exact, model.tokenizer.table(), model.self_test));
    }
    return Models({folder.path()});
  }();
  return models;
}

CompressSettings settings_for(const std::string& model, unsigned lanes, bool mix,
                              unsigned thread_count) {
  CompressSettings settings;
  settings.model = model;
  settings.lanes = lanes;
  settings.mix = mix;
  settings.memory_bits = 18;
  settings.engine = {"auto", thread_count};
  return settings;
}

void check_round_trip(const Bytes& content, const CompressSettings& settings,
                      unsigned other_threads) {
  const Bytes file = compressed(content, settings, imported_models());
  MemorySource in(file);
  MemorySink out;
  decompress(in, out, imported_models(), EngineSettings{"auto", other_threads});
  CHECK(out.take() == content);
}

}  // namespace

TEST_CASE("text and random bytes come back, with and without mix, one lane and many") {
  if (!have_torch()) return;
  for (const auto& [name, family] : family_names()) {
    CAPTURE(name);
    // Longer than the context of 40 (Mistral: 24) tokens in each lane.
    check_round_trip(text(400, 1), settings_for(name, 1, false, 1), 2);
    check_round_trip(text(900, 2), settings_for(name, 5, true, 2), 1);
    check_round_trip(random_bytes(120, 3), settings_for(name, 2, false, 1), 1);
    check_round_trip({}, settings_for(name, 1, false, 1), 1);
  }
}

TEST_CASE("whole windows write what single steps would, and learning pays") {
  if (!have_torch()) return;
  const Bytes content = text(1500, 5);
  CompressSettings settings = settings_for("llama", 3, false, 1);
  const size_t learning = compressed(content, settings, imported_models()).size();
  settings.learning = false;
  const size_t frozen = compressed(content, settings, imported_models()).size();
  CHECK(learning < frozen);  // a random network knows nothing; the head learns
}

TEST_CASE("integers are near floating point") {
  if (!have_torch()) return;
  for (const auto& [name, family] : family_names()) {
    const TempFolder folder;
    write_checkpoint(folder.path(), tiny_checkpoint(family));
    const importer::ImportedModel model = imported(folder.path());
    const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder.path());
    const auto original = hf::Tokenizer::open(folder.path(), checkpoint.config());
    const importer::TokenRows rows{hf::sorted_vocabulary(original).original_ids, *original.bos()};
    std::vector<uint32_t> tokens;
    model.tokenizer.encode(ByteView(importer::kCalibrationText), tokens);
    tokens.resize(model.calibration.tokens);
    const LogitErrors errors = logit_errors(model.exact, checkpoint, rows, tokens);
    CAPTURE(name, tokens.size(), errors.float_bits, errors.exact_bits);
    // Attention of random networks is sharp, and errors grow with every key; bfloat16 has a third
    // of these.
    CHECK(errors.mean < 0.06);
    CHECK(errors.worst < 0.2);
    CHECK(model.calibration.exact_bits == Approx(errors.exact_bits).epsilon(1e-2));
  }
}

TEST_CASE("a model file comes back as it was, and passes its self-test") {
  if (!have_torch()) return;
  for (const auto& [name, family] : family_names()) {
    CAPTURE(name);
    const ModelInfo info = imported_models().find(name);
    const ModelFileBytes read = read_model_file(info.path);
    const Bytes file(ByteView(read).begin(), ByteView(read).end());
    CHECK(file[9] == 1);  // the kind
    const auto model = parse_model(file, "test");
    CHECK(serialize_model(model->exact, model->token_table, model->self_test) == file);
    CHECK(self_test(info, {"auto", 2}));
    CHECK(info.parameters > 10000);
    CHECK(self_test(info, {"cpu", 1}));
    CHECK(self_test(info, {"torch", 1}));
  }
}

TEST_CASE("what cannot be imported is refused, and says why") {
  if (!have_torch()) return;
  const TempFolder folder;
  RandomModel opt = tiny_checkpoint(RandomModel::kOpt);
  opt.norm_first = false;
  write_checkpoint(folder.file("opt"), opt);
  CHECK(kind_of_error([&] { imported(folder.file("opt")); }) == ErrorKind::kUsage);
  write_checkpoint(folder.file("gpt2"), tiny_checkpoint(RandomModel::kGpt2));
  CHECK(kind_of_error([&] { imported(folder.file("gpt2"), 41); }) == ErrorKind::kUsage);
  CHECK(kind_of_error([&] { imported(folder.file("gpt2"), 3); }) == ErrorKind::kUsage);
  CHECK(imported(folder.file("gpt2"), 17).exact.config.window == 17);
  CHECK(kind_of_error([&] { imported(folder.file("none")); }).has_value());
}
