// SPDX-License-Identifier: Apache-2.0
#include "model/self_test.h"

#include "base/hash.h"

namespace llmz {

uint64_t self_test_hash(const ExactModel& exact, const Tokenizer& tokenizer,
                        const std::string& text, Engine& engine) {
  std::vector<uint32_t> tokens, frequencies(exact.config.vocabulary);
  tokenizer.encode(ByteView(text), tokens);
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
