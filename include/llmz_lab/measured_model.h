// SPDX-License-Identifier: Apache-2.0
// A language model with its tokenizer, whatever it was made from: an llmz model in exact integers
// or in floating point, or a Hugging Face directory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "llmz/bytes.h"
#include "llmz/error.h"
#include "llmz/model.h"
#include "llmz_lab/float_settings.h"
#include "llmz_lab/language_model.h"

namespace llmz {

struct MeasuredModel {
  std::unique_ptr<LanguageModel> model;
  // Appends the tokens of a text, without special ones.
  std::function<void(ByteView, std::vector<uint32_t>&)> encode;
  // What a token stands for; empty for special ones.
  std::function<std::string(uint32_t)> bytes;
  // What a sequence begins with, never scored: NUL for llmz models, the token that begins or ends
  // texts for others.
  uint32_t start_token = 0;
  // What ends texts, where there is such a token; else as start_token.
  uint32_t end_token = 0;
  // The special tokens that the tokenizer itself puts before a text; a part of the protocol of
  // Huang et al.
  std::vector<uint32_t> added_at_start;
  // The window that suits the model where no other is asked for.
  size_t usual_window = 0, usual_stride = 0;
};

// as_float: its threads are those of `engine`. name: as Models::find(), or a Hugging Face directory
// (one that has a config.json), or a GGUF file. Those, and llmz models with `as_float`, compute in
// floating point, in libtorch. Throws kModelMissing, kModelBad, kIo; kUsage where this llmz was
// built without libtorch.
MeasuredModel open_measured_model(const std::string& name, const Models& models,
                                  const EngineSettings& engine,
                                  const std::optional<FloatSettings>& as_float);

// Is there a config.json in `name`, or is it a GGUF file?
bool is_checkpoint(const std::string& name);

}  // namespace llmz
