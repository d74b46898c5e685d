// SPDX-License-Identifier: Apache-2.0
#include "train/torch_exports.h"

#include "base/torch_library.h"
#include "train/quantize.h"
#include "train/trainer.h"
#include "train/weights_file.h"

LLMZ_TORCH_EXPORT bool llmz_train(
    const llmz::train::TokenPack& training, const llmz::train::TokenPack& held_out,
    const llmz::train::TrainSettings& settings, const llmz::train::Schedule& schedule,
    const llmz::train::RunSettings& run,
    const std::function<void(const llmz::train::TrainProgress&)>& report,
    const std::atomic<bool>& stop, const llmz::ExactModel* from, llmz::ExactModel& trained) {
  using namespace llmz::train;
  Parameters initial = Parameters::initialize(settings.model, settings.seed);
  if (from) initial.take(dequantize(*from));
  const State state =
      train(std::move(initial), training, held_out, settings, schedule, run, report, stop);
  if (stop) return false;
  if (!schedule.has_finish()) return true;
  trained = quantize(state.parameters, settings.model, trained.name, kDefaultLearning);
  return true;
}

LLMZ_TORCH_EXPORT void llmz_export_weights(const std::vector<std::string>& paths,
                                           llmz::ExactModel& exported) {
  using namespace llmz::train;
  const Weights weights =
      is_weights_file(paths.at(0)) ? read_weights_file(paths) : read_weights(paths);
  exported = quantize(weights.parameters, weights.settings.model, exported.name, kDefaultLearning);
}

LLMZ_TORCH_EXPORT void llmz_write_start(const llmz::ExactModel& from,
                                        const llmz::train::TrainSettings& settings,
                                        const std::string& path) {
  using namespace llmz::train;
  write_weights_file({settings, dequantize(from)}, path);
}
