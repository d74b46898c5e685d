// SPDX-License-Identifier: Apache-2.0
// Learns a vocabulary from text: comes in, a sample; goes out, a sentencepiece model (unigram
// language model, Kudo 2018) with exactly the wanted number of different tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmz::train {

struct VocabularyOptions {
  // sentencepiece_vocabulary(model).size(), exactly. At least 256 bytes and what the sample's
  // characters need.
  uint32_t vocabulary_size = 4096;

  // Of the training. The same sample, options and number of threads give the same model; other
  // numbers of threads add floating-point numbers in another order and may give a slightly
  // different one.
  int threads = 1;

  // At most so many lines of the sample are used, drawn at random (always the same ones) when there
  // are more. One training takes about 80 s on 2 threads with 400,000 lines.
  uint32_t max_lines = 400'000;
};

// `sample` is text: lines, and NUL between documents if there are several. Lines that are not
// well-formed UTF-8, or contain U+2581, teach nothing and are left out; a line longer than 4,000
// bytes counts as several.
//
// The pieces are: the 256 bytes; tabs, newlines and CRLF, singly and in the runs that are frequent;
// what training finds, runs of spaces among it. No other piece holds a line end, none has a space
// after another character, no normalization is done, and no space is added or removed. Trains up to
// four times until the number of different tokens is right; mostly twice.
//
// Throws Error{kUsage} when there is too little text for so large a vocabulary, or the vocabulary
// is too small for the text's characters. Not to be called from two threads at once:
// sentencepiece's trainer has process-wide state.
std::string train_sentencepiece(std::string_view sample, const VocabularyOptions& options);

}  // namespace llmz::train
