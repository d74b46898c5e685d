// SPDX-License-Identifier: Apache-2.0
#include "measure/measured_model.h"

#include <filesystem>

#include "measure/exact_language_model.h"

namespace llmz {
namespace {

// llmz's own bodies remember one window of each layer; a context of some windows is as good as all.
constexpr size_t kOwnWindow = 4096, kOwnStride = 3072;

}  // namespace

bool is_hugging_face_directory(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(std::filesystem::path(name) / "config.json", ignored);
}

MeasuredModel open_measured_model(const std::string& name, const Models& models,
                                  const EngineSettings& engine,
                                  const std::optional<FloatSettings>& as_float) {
  (void)as_float;
  MeasuredModel measured;
  auto exact = std::make_unique<ExactLanguageModel>(models.find(name), engine);
  const LoadedModel& loaded = exact->loaded();  // lives as long as the language model
  measured.encode = [&loaded](ByteView text, std::vector<uint32_t>& tokens) {
    loaded.tokenizer.encode(text, tokens);
  };
  measured.bytes = [&loaded](uint32_t token) {
    return std::string(loaded.tokenizer.vocabulary().bytes(token));
  };
  measured.usual_window = kOwnWindow;
  measured.usual_stride = kOwnStride;
  measured.model = std::move(exact);
  return measured;
}

}  // namespace llmz
