// SPDX-License-Identifier: Apache-2.0
// A language model as measuring sees it: tokens in, bits out, no state between calls. Never used
// for coding: implementations in floating point differ from machine to machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "llmz/error.h"

namespace llmz {

// A sequence that a model reads from its start, and the part of it that is scored.
struct Window {
  const uint32_t* tokens = nullptr;  // the first one is given, never scored
  size_t count = 0;                  // at most the model's max_context
  size_t first_scored = 1;           // 1 .. count - 1
};

// A token that may follow, and how probable the model thinks it.
struct Guess {
  uint32_t token = 0;
  float probability = 0;
};
// The most probable ones, best first, of equal ones the lower token first.
using Guesses = std::array<Guess, 3>;

class LanguageModel {
 public:
  struct Description {
    std::string name;
    std::string arithmetic;  // "exact integers", "float32", "bfloat16", "float16"
    uint64_t fingerprint = 0;
    uint64_t parameters = 0;
    uint64_t weight_bytes = 0;  // as stored on disk
    uint32_t vocabulary = 0;
    size_t max_context = 0;  // the most tokens of a window; 0: any number
  };

  virtual ~LanguageModel() = default;
  virtual const Description& description() const = 0;

  // Appends -log2 p(tokens[i] | tokens[0], ..., tokens[i - 1]) for every i from first_scored to
  // count - 1, window after window. Windows are independent, and may be computed together: a list
  // of many is faster than many lists of one. Throws kUsage when a token is not in the vocabulary
  // or a window is too long. guesses: where it is not null, what the model expected in the place of
  // each of these tokens is appended there, which takes a little more time.
  virtual void bits(const std::vector<Window>& windows, std::vector<float>& bits,
                    std::vector<Guesses>* guesses = nullptr) = 0;

  // ln p(next token | tokens) for the whole vocabulary. count is 1 .. max_context.
  virtual void next(const uint32_t* tokens, size_t count,
                    std::vector<float>& log_probabilities) = 0;
};

// What bits() throws for.
void check_window(const Window& window, const LanguageModel::Description& model);

}  // namespace llmz
