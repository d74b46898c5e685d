// SPDX-License-Identifier: Apache-2.0
// What libllmz_torch.so has of this folder (base/torch_library.h).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "exact/exact_model.h"
#include "train/settings.h"
#include "train/token_pack.h"

// Trains random weights, or those of `from` where it is not null, as far as the schedule says;
// false when `stop` became true before. `trained` has its name already; without a finish it stays
// as it is.
extern "C" bool llmz_train(const llmz::train::TokenPack& training,
                           const llmz::train::TokenPack& held_out,
                           const llmz::train::TrainSettings& settings,
                           const llmz::train::Schedule& schedule,
                           const llmz::train::RunSettings& run,
                           const std::function<void(const llmz::train::TrainProgress&)>& report,
                           const std::atomic<bool>& stop, const llmz::ExactModel* from,
                           llmz::ExactModel& trained);
// The model from the files of train/checkpoint.h's read_weights or of train/weights_file.h's
// read_weights_file. `exported` has its name already.
extern "C" void llmz_export_weights(const std::vector<std::string>& paths,
                                    llmz::ExactModel& exported);
// The floats of a model that training goes on from, as train/weights_file.h writes them.
extern "C" void llmz_write_start(const llmz::ExactModel& from,
                                 const llmz::train::TrainSettings& settings,
                                 const std::string& path);
