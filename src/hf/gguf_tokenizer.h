// SPDX-License-Identifier: Apache-2.0
// The tokenizer in a GGUF file as the files that Hugging Face folders have.
#pragma once

#include <optional>
#include <string>

#include "hf/byte_level_bpe.h"
#include "hf/gguf.h"

namespace llmz::hf {

// One of the two. Throws Error{kModelBad} where the file's lists do not fit together, {kUsage} for
// tokenizers that llmz has not: others than "llama" (sentencepiece, in pairs by score) and "gpt2"
// with GPT-2's own expression for words. rows: of the embedding.
struct GgufTokenizer {
  std::string model_proto;  // a serialized sentencepiece ModelProto, or empty
  std::optional<ByteLevelBpe> bpe;
  bool adds_bos = false;  // <s> before every text
};
GgufTokenizer gguf_tokenizer(const GgufFile& file, uint32_t rows);

}  // namespace llmz::hf
