// SPDX-License-Identifier: Apache-2.0
#include "float/torch_exports.h"

#include "base/torch_library.h"

LLMZ_TORCH_EXPORT void llmz_make_float_model(const llmz::hf::Checkpoint& checkpoint,
                                             const llmz::FloatSettings& settings,
                                             std::unique_ptr<llmz::LanguageModel>& model) {
  model = llmz::make_float_model(checkpoint, settings);
}

LLMZ_TORCH_EXPORT void llmz_make_float_exact_model(const llmz::ExactModel& exact,
                                                   uint64_t fingerprint,
                                                   const llmz::FloatSettings& settings,
                                                   std::unique_ptr<llmz::LanguageModel>& model) {
  model = llmz::make_float_model(exact, fingerprint, settings);
}
