// SPDX-License-Identifier: Apache-2.0
// What libllmz_torch.so has of this folder (base/torch_library.h): the two make_float_model().
#pragma once

#include "float/float_model.h"

extern "C" void llmz_make_float_model(const llmz::hf::Checkpoint& checkpoint,
                                      const llmz::FloatSettings& settings,
                                      std::unique_ptr<llmz::LanguageModel>& model);
extern "C" void llmz_make_float_exact_model(const llmz::ExactModel& exact, uint64_t fingerprint,
                                            const llmz::FloatSettings& settings,
                                            std::unique_ptr<llmz::LanguageModel>& model);
