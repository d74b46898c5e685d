// SPDX-License-Identifier: Apache-2.0
#include "base/torch_library.h"
#include "float/float_model.h"
#include "float/torch_exports.h"

namespace llmz {

std::unique_ptr<LanguageModel> open_float_model(const hf::Checkpoint& checkpoint,
                                                const FloatSettings& settings) {
  std::unique_ptr<LanguageModel> model;
  LLMZ_TORCH(llmz_make_float_model)(checkpoint, settings, model);
  return model;
}

std::unique_ptr<LanguageModel> open_float_model(const ExactModel& exact, uint64_t fingerprint,
                                                const FloatSettings& settings) {
  std::unique_ptr<LanguageModel> model;
  LLMZ_TORCH(llmz_make_float_exact_model)(exact, fingerprint, settings, model);
  return model;
}

}  // namespace llmz
