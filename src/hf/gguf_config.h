// SPDX-License-Identifier: Apache-2.0
// The shape of the transformer in a GGUF file, from its named values (llama.embedding_length and
// others; gguf-py/gguf/constants.py of github.com/ggml-org/llama.cpp lists them).
#pragma once

#include "hf/config.h"
#include "hf/gguf.h"

namespace llmz::hf {

// Throws Error{kModelBad} for a value that is missing or out of bounds, {kUsage} for another
// architecture than "llama" (LLaMA, Mistral) and what llmz does not compute: experts, scaled rotary
// positions, heads that turn in part only, files that are one part of several.
Config gguf_config(const GgufFile& file);

}  // namespace llmz::hf
