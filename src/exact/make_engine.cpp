// SPDX-License-Identifier: Apache-2.0
#include "exact/make_engine.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/processor.h"
#include "base/torch_library.h"
#include "exact/torch_exports.h"

namespace llmz {

unsigned thread_count(const EngineSettings& settings) {
  if (settings.threads > 0) return std::min(settings.threads, allowed_processors());
  return usable_processors();
}

Engine make_engine(const ExactModel& model, const EngineSettings& settings,
                   std::shared_ptr<EngineWeights> weights) {
  const std::string& name = settings.engine;
  if (name == "auto" || name == "cpu")
    return make_cpu_engine(model, thread_count(settings), std::move(weights));
  if (name == "torch" || name == "cuda") {
    Engine engine;
    const auto make = LLMZ_TORCH(llmz_make_torch_engine);
    make(model, name == "cuda" ? "cuda" : "cpu", thread_count(settings), engine);
    return engine;
  }
  throw Error(ErrorKind::kUsage, "unknown engine '" + name + "': use cpu, torch or cuda");
}

}  // namespace llmz
