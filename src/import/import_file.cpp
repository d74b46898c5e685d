// SPDX-License-Identifier: Apache-2.0
#include "exact/make_engine.h"
#include "import/import.h"
#include "llmz_lab/importing.h"
#include "model/self_test.h"

namespace llmz {
namespace {

// What is written must be what was meant, before files are compressed with it.
void check_written(ByteView file, const std::string& name, unsigned threads) {
  const auto back = parse_model(file, name);
  EngineSettings settings;
  settings.threads = threads;
  Engine engine = make_engine(back->exact, settings);
  if (self_test_hash(back->exact, back->self_test.tokens, engine) != back->self_test.tables_hash)
    throw Error(ErrorKind::kInternal, "the model fails its self-test when it is read back");
}

}  // namespace

ImportedFile import_model_file(const ImportSettings& settings, const ImportProgress& progress) {
  ImportSettings all = settings;
  all.threads = thread_count({"auto", settings.threads});
  const importer::ImportedModel model = importer::import_model(all, progress);
  ImportedFile result;
  result.file = serialize_model(model.exact, model.tokenizer.table(), model.self_test);
  progress("reading it back");
  check_written(result.file, settings.name, all.threads);
  const ModelSummary summary = summarize_model(result.file, settings.name);
  result.fingerprint = summary.fingerprint;
  result.parameters = summary.parameters;
  result.checkpoint_bytes = model.checkpoint_bytes;
  result.vocabulary = summary.config.vocabulary;
  result.context = summary.config.window;
  result.calibration = model.calibration;
  return result;
}

}  // namespace llmz
