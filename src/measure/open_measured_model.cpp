// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "encode/model_tokenizer.h"
#include "exact/make_engine.h"
#include "float/float_model.h"
#include "hf/gguf.h"
#include "hf/tokenizer.h"
#include "llmz_lab/measured_model.h"
#include "measure/exact_language_model.h"

namespace llmz {
namespace {

// llmz's own bodies remember one window of each layer; a context of some windows is as good as all.
constexpr size_t kOwnWindow = 4096, kOwnStride = 3072;

MeasuredModel open_own(const ModelInfo& info, const EngineSettings& engine,
                       const FloatSettings* as_float) {
  MeasuredModel measured;
  std::shared_ptr<const LoadedModel> loaded;
  if (as_float) {
    loaded = load_model(info.path);
    measured.model = open_float_model(loaded->exact, loaded->fingerprint, *as_float);
  } else {
    auto exact = std::make_unique<ExactLanguageModel>(info, engine);
    loaded = exact->loaded();
    measured.model = std::move(exact);
  }
  measured.encode = [loaded](ByteView text, std::vector<uint32_t>& tokens) {
    tokenizer_of(*loaded).encode(text, tokens);
  };
  measured.bytes = [loaded](uint32_t token) {
    return std::string(loaded->token_table.vocabulary.bytes(token));
  };
  measured.usual_window = kOwnWindow;
  measured.usual_stride = kOwnStride;
  return measured;
}

// The checkpoint and what computes from it.
class HuggingFaceModel : public LanguageModel {
 public:
  HuggingFaceModel(hf::Checkpoint checkpoint, const FloatSettings& settings)
      : checkpoint_(std::move(checkpoint)), model_(open_float_model(checkpoint_, settings)) {}
  const Description& description() const override { return model_->description(); }
  void bits(const std::vector<Window>& windows, std::vector<float>& bits,
            std::vector<Guesses>* guesses) override {
    model_->bits(windows, bits, guesses);
  }
  void next(const uint32_t* tokens, size_t count, std::vector<float>& log_probabilities) override {
    model_->next(tokens, count, log_probabilities);
  }

 private:
  hf::Checkpoint checkpoint_;
  std::unique_ptr<LanguageModel> model_;
};

MeasuredModel open_hugging_face(const std::string& directory, const FloatSettings& settings) {
  hf::Checkpoint checkpoint = hf::Checkpoint::open(directory);
  const auto tokenizer =
      std::make_shared<hf::Tokenizer>(hf::Tokenizer::open(directory, checkpoint.config()));
  MeasuredModel measured;
  measured.model = std::make_unique<HuggingFaceModel>(std::move(checkpoint), settings);
  measured.encode = [tokenizer](ByteView text, std::vector<uint32_t>& tokens) {
    tokenizer->encode(text, tokens);
  };
  measured.bytes = [tokenizer](uint32_t token) { return tokenizer->bytes(token); };
  measured.start_token = tokenizer->bos().value_or(tokenizer->eos().value_or(0));
  measured.end_token = tokenizer->eos().value_or(measured.start_token);
  measured.added_at_start = tokenizer->added_at_start();
  measured.usual_window = measured.model->description().max_context;
  if (measured.usual_window == 0) measured.usual_window = kOwnWindow;
  measured.usual_stride = std::max<size_t>(1, measured.usual_window / 2);
  return measured;
}

}  // namespace

bool is_checkpoint(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(std::filesystem::path(name) / "config.json", ignored) ||
         hf::is_gguf_file(name);
}

MeasuredModel open_measured_model(const std::string& name, const Models& models,
                                  const EngineSettings& engine,
                                  const std::optional<FloatSettings>& as_float) {
  FloatSettings settings = as_float.value_or(FloatSettings());
  settings.threads = thread_count(engine);
  if (is_checkpoint(name)) return open_hugging_face(name, settings);
  return open_own(models.find(name), engine, as_float ? &settings : nullptr);
}

}  // namespace llmz
