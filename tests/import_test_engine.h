// SPDX-License-Identifier: Apache-2.0
// The engines that run imported models: every build of the integer loops that this processor has,
// and the torch engine where this build of llmz has it.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "exact/imported_cpu.h"
#include "exact/make_engine.h"

namespace llmz::test {

// Says so and returns false where this build has no libtorch.
inline bool torch_engine(const ExactModel& model, Engine& engine, unsigned threads = 1) {
  try {
    engine = make_engine(model, {"torch", threads});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    WARN("SKIPPED: " << error.what());
    return false;
  }
  return true;
}

inline std::vector<std::pair<std::string, const exact::ImportedLoops*>> imported_builds() {
  std::vector<std::pair<std::string, const exact::ImportedLoops*>> all{
      {"baseline", &exact::kImportedBaseline}};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    all.emplace_back("avx2", &exact::kImportedAvx2);
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    all.emplace_back("avx512", &exact::kImportedAvx512);
    if (__builtin_cpu_supports("avx512vnni"))
      all.emplace_back("avx512vnni", &exact::kImportedAvx512Vnni);
  }
#endif
  return all;
}

// By name; the model outlives them.
inline std::vector<std::pair<std::string, Engine>> imported_engines(const ExactModel& model,
                                                                    unsigned threads = 1) {
  std::vector<std::pair<std::string, Engine>> engines;
  for (const auto& [name, loops] : imported_builds()) {
    auto workers = std::make_shared<exact::Workers>(threads);
    engines.emplace_back(name, Engine{name, exact::make_imported_cpu_body(model, workers, *loops),
                                      exact::make_imported_cpu_head(model, workers, *loops)});
  }
  Engine torch;
  if (torch_engine(model, torch, threads)) engines.emplace_back("torch", std::move(torch));
  return engines;
}

}  // namespace llmz::test
