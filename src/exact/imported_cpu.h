// SPDX-License-Identifier: Apache-2.0
// The two halves of the cpu engine for imported models. What they need of the model they copy; the
// model outlives them.
#pragma once

#include <memory>

#include "exact/engine.h"
#include "exact/imported_loops.h"
#include "exact/workers.h"

namespace llmz::exact {

std::unique_ptr<Body> make_imported_cpu_body(const ExactModel& model,
                                             std::shared_ptr<Workers> workers,
                                             const ImportedLoops& loops = imported_loops());
std::unique_ptr<Head> make_imported_cpu_head(const ExactModel& model,
                                             std::shared_ptr<Workers> workers,
                                             const ImportedLoops& loops = imported_loops());

}  // namespace llmz::exact
