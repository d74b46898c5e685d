// SPDX-License-Identifier: Apache-2.0
// libtorch takes a second and 170 MB before main(); so what needs it lies in libllmz_torch.so,
// which is opened when first needed. That library must not need sentencepiece: it and libtorch
// bring two versions of protobuf, which cannot share one scope of symbols.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exact/engine.h"
#include "float/float_model.h"
#include "hf/checkpoint.h"
#include "measure/language_model.h"
#include "train/settings.h"
#include "train/token_pack.h"

namespace llmz {

struct TorchLibrary {
  // Functions that libllmz_torch.so exports (src/train/torch_library_exports.cpp).
  void (*make_engine)(const ExactModel& model, const char* device, unsigned threads,
                      Engine& engine);
  // Trains random weights, or those of `from` where it is not null, as far as the schedule says;
  // false when `stop` became true before. `trained` has its name already; without a finish it stays
  // as it is.
  bool (*train)(const train::TokenPack& training, const train::TokenPack& held_out,
                const train::TrainSettings& settings, const train::Schedule& schedule,
                const train::RunSettings& run,
                const std::function<void(const train::TrainProgress&)>& report,
                const std::atomic<bool>& stop, const ExactModel* from, ExactModel& trained);
  // The model from the files of train/checkpoint.h's read_weights or of train/weights_file.h's
  // read_weights_file. `exported` has its name already.
  void (*export_weights)(const std::vector<std::string>& paths, ExactModel& exported);
  // The floats of a model that training goes on from, as train/weights_file.h writes them.
  void (*write_start)(const ExactModel& from, const train::TrainSettings& settings,
                      const std::string& path);
  // The two make_float_model of float/float_model.h.
  void (*make_float_model)(const hf::Checkpoint& checkpoint, const FloatSettings& settings,
                           std::unique_ptr<LanguageModel>& model);
  void (*make_float_exact_model)(const ExactModel& exact, uint64_t fingerprint,
                                 const FloatSettings& settings,
                                 std::unique_ptr<LanguageModel>& model);
};

// Opens the library: beside the program, or in ../lib/llmz from it. Throws kUsage saying where it
// was looked for.
const TorchLibrary& torch_library();

}  // namespace llmz
