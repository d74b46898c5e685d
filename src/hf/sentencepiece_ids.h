// SPDX-License-Identifier: Apache-2.0
// A sentencepiece model with the ids that it gives by itself: LLaMA's and Mistral's
// tokenizer.model.
//
// Immutable after construction; any number of threads may use one object.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "tokenizer/sentencepiece_model.h"

namespace llmz::hf {

class SentencepieceIds {
 public:
  // Throws Error{kModelBad} when it is no serialized ModelProto, or one without byte fallback.
  explicit SentencepieceIds(std::string_view model_proto);

  // Appends the ids of `text`. add_prefix: with the space before it that the model adds by itself,
  // if it does. What sentencepiece cannot give back (ill-formed UTF-8, NUL, and U+2581, its own
  // sign for a space) becomes byte tokens, unlike in the original. Memory: some 110 bytes for each
  // byte of the longest run without a space.
  void encode(ByteView text, std::vector<uint32_t>& ids, bool add_prefix) const;

  // By id: a space for U+2581, a byte for <0xNN>, nothing for control and unknown pieces.
  const std::vector<std::string>& bytes() const { return bytes_; }
  std::optional<uint32_t> bos() const { return kept_.bos(); }
  std::optional<uint32_t> eos() const { return kept_.eos(); }

 private:
  class Encoder;

  SentencepieceModel as_trained_;
  SentencepieceModel kept_;  // adds no space
  std::vector<std::string> bytes_;
  std::array<uint32_t, 256> byte_ids_{};
  // No piece has a space after another character, so words can be encoded one by one.
  bool words_are_separate_ = true;
  std::vector<int> prefix_;  // the pieces of the space that the model adds
};

}  // namespace llmz::hf
