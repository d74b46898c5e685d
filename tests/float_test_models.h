// SPDX-License-Identifier: Apache-2.0
// How tests reach models in floating point.
#pragma once

#include <catch2/catch.hpp>
#include <memory>

#include "float/float_model.h"
#include "hf/checkpoint.h"
#include "hf_reference.h"

namespace llmz::test {

// Null, after a warning, where this build has no libtorch or the processor lacks the precision.
template <class Make>
std::unique_ptr<LanguageModel> model_or_skip(Make make) {
#if defined(__SANITIZE_ADDRESS__)
  (void)make;
  return nullptr;  // sanitizers do not allow how libtorch's library is opened
#else
  try {
    return make();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    WARN("skipped: " << error.what());
    return nullptr;
  }
#endif
}

inline std::unique_ptr<LanguageModel> float_model(const hf::Checkpoint& checkpoint,
                                                  const std::string& precision = "float32",
                                                  unsigned threads = 1,
                                                  uint64_t max_copies_bytes = 1 << 30) {
  return model_or_skip([&] {
    return open_float_model(checkpoint, {precision, "cpu", threads, max_copies_bytes});
  });
}

inline std::vector<uint32_t> random_tokens(uint64_t seed, size_t count, uint32_t vocabulary) {
  std::vector<uint32_t> tokens(count);
  for (uint32_t& t : tokens) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    t = static_cast<uint32_t>(seed >> 33) % vocabulary;
  }
  return tokens;
}

}  // namespace llmz::test
