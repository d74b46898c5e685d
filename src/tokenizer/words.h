// SPDX-License-Identifier: Apache-2.0
// How a text is cut into words and characters: comes in, bytes; goes out, lengths. See tokenizer.h
// for what a word is.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace llmz {

// Length of the word at the start of `text`: 1 to `max_bytes`, unless `text` is empty. `max_bytes`
// is at least 4.
size_t word_length(ByteView text, size_t max_bytes);

// Length of the well-formed UTF-8 character (Unicode 15, table 3-7) at the start of `text`, or 0
// when there is none.
size_t utf8_length(ByteView text);

// Length of the longest prefix of `text` that is well-formed UTF-8.
size_t well_formed_length(ByteView text);

// The whole of `text`, or at most `max_bytes` (at least 4) of it, cut between two characters where
// the bytes are UTF-8.
size_t cut_length(ByteView text, size_t max_bytes);

// Length of the longest prefix of `text` that sentencepiece may see: well-formed UTF-8 without NUL
// and without U+2581.
size_t plain_text_length(ByteView text);

}  // namespace llmz
