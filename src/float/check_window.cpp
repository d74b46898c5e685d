// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "llmz_lab/language_model.h"

namespace llmz {

void check_window(const Window& window, const LanguageModel::Description& model) {
  if (window.first_scored == 0 || window.first_scored >= window.count)
    throw Error(ErrorKind::kInternal, "a window without a token to score");
  if (model.max_context > 0 && window.count > model.max_context)
    throw Error(ErrorKind::kUsage, model.name + " takes at most " +
                                       std::to_string(model.max_context) +
                                       " tokens of context, found " + std::to_string(window.count));
  for (size_t i = 0; i < window.count; ++i) {
    if (window.tokens[i] >= model.vocabulary)
      throw Error(ErrorKind::kUsage, "token " + std::to_string(window.tokens[i]) +
                                         " is not in the vocabulary of " + model.name + " (" +
                                         std::to_string(model.vocabulary) + " tokens)");
  }
}

}  // namespace llmz
