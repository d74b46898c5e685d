// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/model_file.h"
#include "tokenizer/tokenizer.h"

namespace llmz {

// The tokenizer of a model: made when it is first asked for, and kept with the model. Any thread.
inline const Tokenizer& tokenizer_of(const LoadedModel& model) {
  return model.companion->get<Tokenizer>(
      [&] { return Tokenizer(model.token_table.vocabulary, model.token_table.segmenter); });
}

}  // namespace llmz
