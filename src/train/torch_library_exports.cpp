// SPDX-License-Identifier: Apache-2.0
// What codec/torch_library.h finds in libllmz_torch.so. Both belong to one build, so C++ types may
// cross.
#include <ATen/Parallel.h>

#include "codec/torch_library.h"
#include "train/quantize.h"
#include "train/trainer.h"

#define LLMZ_EXPORT extern "C" __attribute__((visibility("default")))

LLMZ_EXPORT void llmz_make_torch_engine(const llmz::ExactModel& model, const char* device,
                                        unsigned threads, llmz::Engine& engine) {
  at::set_num_threads(static_cast<int>(threads));
  engine = llmz::make_torch_engine(model, device);
}

LLMZ_EXPORT bool llmz_train(const llmz::train::TokenPack& training,
                            const llmz::train::TokenPack& held_out,
                            const llmz::train::TrainSettings& settings,
                            const std::function<void(const llmz::train::TrainProgress&)>& report,
                            const std::atomic<bool>& stop, llmz::ExactModel& trained) {
  using namespace llmz::train;
  // A shape that cannot be exported should be known before hours of training.
  quantize(Parameters::initialize(settings.model, settings.seed), settings.model, trained.name,
           kDefaultLearning);
  const Parameters parameters = train(training, held_out, settings, report, stop);
  if (stop) return false;
  trained = quantize(parameters, settings.model, trained.name, kDefaultLearning);
  return true;
}
