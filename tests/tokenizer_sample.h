// SPDX-License-Identifier: Apache-2.0
// A small text that the tests train a real sentencepiece model on, the same in every run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/tokenizer.h"
#include "train/vocabulary.h"

namespace llmz::test {

// Numbers below `limit`; std::mt19937 is the same everywhere, the standard distributions are not.
inline uint32_t below(std::mt19937& random, uint32_t limit) {
  return static_cast<uint32_t>(random() % limit);
}

// Words of syllables in lines, some indented, with punctuation and a few characters beyond ASCII.
inline std::string sample_text(size_t size_bytes, uint32_t seed = 1) {
  static const char* const kSyllables[] = {"ba", "con", "de",       "fi",          "gra", "lo",
                                           "mi", "ne",  "po",       "ra",          "st",  "ti",
                                           "u",  "wa",  "\xc3\xa9", "\xe6\x97\xa5"};
  static const char* const kBetween[] = {" ",  " ",  " ",      " ",   ", ",
                                         ". ", "\n", "\n    ", " = ", "; "};
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size_bytes) {
    // The smaller of two numbers: some syllables are frequent, so that there is something to learn.
    for (uint32_t i = below(random, 3) + 1; i > 0; --i) {
      text += kSyllables[std::min(below(random, 16), below(random, 16))];
    }
    text += kBetween[below(random, 10)];
  }
  return text;
}

// The bytes of a code point, also of those that UTF-8 must not hold (surrogates).
inline std::string utf8(uint32_t code_point) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  const auto next = [&](int shift) { return byte(0x80 | ((code_point >> shift) & 0x3f)); };
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xc0 | (code_point >> 6)), next(0)};
  if (code_point < 0x10000) return {byte(0xe0 | (code_point >> 12)), next(6), next(0)};
  return {byte(0xf0 | (code_point >> 18)), next(12), next(6), next(0)};
}

constexpr uint32_t kSampleVocabularySize = 400;

inline const std::string& sample_model() {
  static const std::string model = [] {
    train::VocabularyOptions options;
    options.vocabulary_size = kSampleVocabularySize;
    return train::train_sentencepiece(sample_text(60'000), options);
  }();
  return model;
}

inline const Tokenizer& sample_tokenizer() {
  static const Tokenizer tokenizer(sentencepiece_vocabulary(sample_model()), sample_model());
  return tokenizer;
}

inline const Tokenizer& byte_tokenizer() {
  static const Tokenizer tokenizer(Vocabulary(), "");
  return tokenizer;
}

}  // namespace llmz::test
