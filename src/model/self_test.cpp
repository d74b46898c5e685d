// SPDX-License-Identifier: Apache-2.0
#include "model/self_test.h"

#include "base/hash.h"

namespace llmz {

uint64_t self_test_hash(const ExactModel& exact, const std::vector<uint32_t>& tokens,
                        Engine& engine) {
  std::vector<uint32_t> frequencies(exact.config.vocabulary);
  std::vector<int8_t> hidden(exact.config.dim);
  engine.body->reset();
  engine.head->reset(exact.learning.rate);
  Xxh3 hash;
  uint32_t input = 0;
  for (uint32_t token : tokens) {
    engine.body->advance({{0, &input, 1}}, hidden.data());
    engine.head->frequencies(hidden.data(), 1, frequencies.data());
    engine.head->learn(hidden.data(), frequencies.data(), &token, 1);
    Bytes stored;
    for (uint32_t f : frequencies) append_le(stored, f, 4);
    hash.update(stored);
    input = token;
  }
  return hash.digest();
}

}  // namespace llmz
