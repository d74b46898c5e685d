// SPDX-License-Identifier: Apache-2.0
// Transformers in floating point, for measuring: those of Hugging Face checkpoints, and llmz's own
// as they would be without integers. Implemented on libtorch.
#pragma once

#include <cstdint>
#include <memory>

#include "exact/exact_model.h"
#include "hf/checkpoint.h"
#include "llmz_lab/float_settings.h"
#include "llmz_lab/language_model.h"

namespace llmz {

// The checkpoint outlives the model, which computes from the mapped files: weights of the type
// `precision` are not copied, unless the file has them at odd addresses. Reads all weights once,
// for the fingerprint.
// Memory that was freed stays with the process from then on, a setting of all of it.
// Throws kUsage for a setting that this machine or libtorch cannot do.
std::unique_ptr<LanguageModel> make_float_model(const hf::Checkpoint& checkpoint,
                                                const FloatSettings& settings);

// docs/exact-arithmetic.md with a frozen head, its weights dequantized and nothing rounded. A
// window begins with token 0, as a block does. Windows of any length. `fingerprint` is that of the
// model file. The weights are copied.
// Throws kUsage for imported models.
std::unique_ptr<LanguageModel> make_float_model(const ExactModel& model, uint64_t fingerprint,
                                                const FloatSettings& settings);

// The same two from outside of libllmz_torch.so, which they open.
std::unique_ptr<LanguageModel> open_float_model(const hf::Checkpoint& checkpoint,
                                                const FloatSettings& settings);
std::unique_ptr<LanguageModel> open_float_model(const ExactModel& model, uint64_t fingerprint,
                                                const FloatSettings& settings);

}  // namespace llmz
