// SPDX-License-Identifier: Apache-2.0
// The two halves of the torch engine. They copy what they need of the model to the device.
#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "exact/engine.h"
#include "exact/workers.h"

namespace llmz::torch_exact {

using exact::Workers;

std::unique_ptr<Body> make_body(const ExactModel& model, at::Device device);
// Of a model with an imported body (docs/exact-imported.md).
std::unique_ptr<Body> make_imported_body(const ExactModel& model, at::Device device,
                                         std::shared_ptr<Workers> workers);
std::unique_ptr<Head> make_head(const ExactModel& model, at::Device device,
                                std::shared_ptr<Workers> workers);

}  // namespace llmz::torch_exact
