// SPDX-License-Identifier: Apache-2.0
// GPT-2's cutting of text into words (Radford et al. 2019, encoder.py), the step before byte-pair
// encoding: contractions, runs of letters, of digits and of other characters, each with the space
// before it, and runs of white space. What a letter or a digit is, PCRE2's Unicode tables say.
#pragma once

#include <cstddef>

#include "base/bytes.h"

struct pcre2_real_match_data_8;

namespace llmz {

// Of one thread; the compiled expression behind it is shared by all.
class Gpt2Words {
 public:
  Gpt2Words();
  ~Gpt2Words();
  Gpt2Words(const Gpt2Words&) = delete;
  Gpt2Words& operator=(const Gpt2Words&) = delete;

  // Length of the word that begins at `at` < text.size, at least 1. `text` is well-formed UTF-8
  // (not checked again) and `at` the start of a character. Time is linear in the length, whatever
  // the text is.
  size_t length(ByteView text, size_t at);

 private:
  pcre2_real_match_data_8* match_;
};

}  // namespace llmz
