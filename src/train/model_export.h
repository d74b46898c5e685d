// SPDX-License-Identifier: Apache-2.0
// A trained network and a tokenizer in, a model file out.
#pragma once

#include <string>

#include "exact/exact_model.h"
#include "tokenizer/tokenizer.h"

namespace llmz::train {

// `sentencepiece` as in Tokenizer; empty for bytes.
Tokenizer make_tokenizer(const std::string& sentencepiece);

// Throws kUsage when the file exists, or when no file can be made in its folder: to be called
// before hours of training.
void check_output(const std::string& path);

// Computes the self-test, reads the bytes of the file back, which must give the same tables, and
// writes it. Throws kIo and kModelBad.
void write_model(const ExactModel& model, const Tokenizer& tokenizer, const std::string& path);

}  // namespace llmz::train
