// SPDX-License-Identifier: Apache-2.0
// What does a real LLaMA of 260 thousand parameters, trained on stories, lose as integers, and does
// it compress losslessly? Its files are not in the repository: the folder real/stories260K_hf in
// $LLMZ_SHARED, or in shared/ beside the repository. No tokenizer comes with it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <numeric>

#include "hf/json.h"
#include "import/import.h"
#include "import_checkpoint.h"
#include "import_logits.h"
#include "stories_folder.h"
#include "tiny_llmz.h"

using namespace llmz;
using namespace llmz::test;

TEST_CASE("a trained LLaMA loses little as integers") {
  const std::string folder = stories_folder();
  if (folder.empty()) return;
  const hf::Checkpoint checkpoint = hf::Checkpoint::open(folder);
  const hf::Json known = hf::read_json(folder + "/reference_greedy.json", 1 << 20);
  auto tokens = known.at("greedy_tokens_from_bos").get<std::vector<uint32_t>>();
  importer::TokenRows rows{std::vector<uint32_t>(512), tokens[0]};
  std::iota(rows.tokens.begin(), rows.tokens.end(), 0);
  tokens.erase(tokens.begin());

  ExactModel model =
      importer::quantize(checkpoint, rows, 512, "stories260K", [](const std::string&) {});
  Engine engine;
  if (!torch_engine(model, engine)) return;
  const std::vector<uint32_t> first_half(tokens.begin(), tokens.begin() + 48);
  importer::set_head(checkpoint, rows,
                     importer::filled_range(importer::hidden_vectors(engine, model, first_half),
                                            importer::widest_range(checkpoint)),
                     model);
  const LogitErrors errors = logit_errors(model, checkpoint, rows, tokens);
  const auto count = static_cast<double>(tokens.size());
  std::printf(
      "stories260K: %.5f bits per token in floating point, %.5f in integers; errors of "
      "logits %.4f of their spread, at worst %.4f\n",
      errors.float_bits / count, errors.exact_bits / count, errors.mean, errors.worst);
  CHECK(errors.float_bits / count < 2);
  CHECK(std::fabs(errors.exact_bits - errors.float_bits) / count < 0.02);
  CHECK(errors.mean < 0.03);
  CHECK(errors.worst < 0.1);
}

TEST_CASE("a trained LLaMA with a tokenizer that is not its own compresses losslessly") {
  const std::string folder = stories_folder();
  Engine engine;
  if (folder.empty() || !torch_engine(random_model(1), engine)) return;
  const TempFolder models_folder;
  write_text(models_folder.file("tokenizer.model"), llama_proto(512));
  ImportSettings settings;
  settings.directory = folder;
  settings.tokenizer = models_folder.file("tokenizer.model");
  settings.name = "stories";
  settings.context = 64;
  const importer::ImportedModel imported =
      importer::import_model(settings, [](const std::string&) {});
  write_file(models_folder.file("stories.llmzmodel"),
             serialize_model(imported.exact, imported.tokenizer.table(), imported.self_test));
  const Models models({models_folder.path()});
  CompressSettings how;
  how.model = "stories";
  how.lanes = 2;
  how.memory_bits = 18;
  how.engine = {"auto", 2};
  const Bytes content = text(1200, 7);
  const Bytes file = compressed(content, how, models);
  CHECK(file.size() < content.size() / 2);
  MemorySource in(file);
  MemorySink out;
  decompress(in, out, models, EngineSettings{"torch", 1});
  CHECK(out.take() == content);
}
