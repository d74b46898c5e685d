// SPDX-License-Identifier: Apache-2.0
// A sentencepiece model as llmz sees it: a list of byte strings, and a way to segment text into
// them that may fail. The one door to the sentencepiece library, but for training.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vocabulary/vocabulary.h"

namespace llmz {

class SentencepieceModel {
 public:
  // What becomes of the model's options that add a space at the start of a text or remove spaces.
  enum class Spaces { kKept, kAsTrained };  // overruled, or followed

  // `model_proto` is a serialized ModelProto. Throws Error{kModelBad} when it is not. Its tables
  // for normalizing are not followed.
  explicit SentencepieceModel(std::string_view model_proto, Spaces spaces = Spaces::kKept);
  ~SentencepieceModel();
  SentencepieceModel(const SentencepieceModel&) = delete;
  SentencepieceModel& operator=(const SentencepieceModel&) = delete;

  size_t size() const;

  // What a piece stands for: U+2581 is a space, <0xNN> a byte; unknown and control pieces: nothing.
  std::string bytes(size_t piece) const;

  // Is it one of the <0xNN>?
  bool is_byte(size_t piece) const;

  // Does it stand for nothing?
  bool is_empty(size_t piece) const;
  // Of a unigram model: the logarithm of its probability. Of others, some order.
  float score(size_t piece) const;

  // The control pieces that begin and end a text.
  std::optional<uint32_t> bos() const;
  std::optional<uint32_t> eos() const;

  // Replaces `pieces` by the pieces of `text`, or by nothing when sentencepiece reports an error.
  // Whether they stand for `text` is for the caller to check. Safe to call from many threads.
  void segment(std::string_view text, std::vector<int>& pieces) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// What the pieces of a serialized model stand for. Throws Error{kModelBad} when it is not one.
Vocabulary sentencepiece_vocabulary(std::string_view model_proto);

}  // namespace llmz
