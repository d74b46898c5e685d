// SPDX-License-Identifier: Apache-2.0
// Transformers in floating point, for measuring: those of Hugging Face checkpoints, and llmz's own
// as they would be without integers. Implemented on libtorch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "exact/exact_model.h"
#include "float/language_model.h"
#include "hf/checkpoint.h"

namespace llmz {

struct FloatSettings {
  // What matrices are multiplied in: "float32", "bfloat16" (a processor with AVX-512, or CUDA) or
  // "float16" (CUDA only). Sums, norms, attention and the softmax are float32 always.
  std::string precision = "float32";
  std::string device = "cpu";  // or "cuda", "cuda:N"
  unsigned threads = 1;        // of the processor; a setting of the whole process
  // Weights of another type than `precision` are converted once while this holds the copies, and
  // whenever they are used beyond it. The processor only; a GPU gets all of them.
  uint64_t max_copies_bytes = uint64_t{2} << 30;
};

// The checkpoint outlives the model, which computes from the mapped files: weights of the type
// `precision` are not copied, unless the file has them at odd addresses. Reads all weights once,
// for the fingerprint.
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
