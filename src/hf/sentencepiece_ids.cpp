// SPDX-License-Identifier: Apache-2.0
#include "hf/sentencepiece_ids.h"

#include <algorithm>

#include "base/error.h"
#include "tokenizer/word_cache.h"
#include "tokenizer/words.h"

namespace llmz::hf {
namespace {

// A run of spaces, perhaps none, and the other bytes up to the next space.
size_t spaced_word_length(std::string_view text) {
  const size_t word = text.find_first_not_of(' ');
  return word == text.npos ? text.size() : std::min(text.find(' ', word), text.size());
}

}  // namespace

SentencepieceIds::SentencepieceIds(std::string_view model_proto)
    : as_trained_(model_proto, SentencepieceModel::Spaces::kAsTrained), kept_(model_proto) {
  std::array<bool, 256> found{};
  for (size_t piece = 0; piece < kept_.size(); ++piece) {
    bytes_.push_back(kept_.bytes(piece));
    const std::string& text = bytes_.back();
    if (spaced_word_length(text) != text.size()) words_are_separate_ = false;
    if (!kept_.is_byte(piece)) continue;
    byte_ids_[static_cast<uint8_t>(text[0])] = static_cast<uint32_t>(piece);
    found[static_cast<uint8_t>(text[0])] = true;
  }
  if (std::find(found.begin(), found.end(), false) != found.end()) {
    throw Error(ErrorKind::kModelBad,
                "a sentencepiece model with a piece for each of the 256 bytes (byte_fallback) was "
                "expected");
  }
  std::vector<int> pieces;
  std::string text;
  as_trained_.segment("a", pieces);
  for (int piece : pieces) text += bytes_[static_cast<size_t>(piece)];
  if (text == " a") kept_.segment(" ", prefix_);
}

class SentencepieceIds::Encoder {
 public:
  Encoder(const SentencepieceIds& model, std::vector<uint32_t>& ids) : model_(model), ids_(ids) {}

  // Plain text (plain_text_length) without a space after another character, unless it is all.
  void word(ByteView word, bool add_prefix) {
    if (!add_prefix && cache_.find(word, ids_)) return;
    const size_t first = ids_.size();
    (add_prefix ? model_.as_trained_ : model_.kept_).segment(word.text(), pieces_);
    ids_.insert(ids_.end(), pieces_.begin(), pieces_.end());
    if (!add_prefix) cache_.insert(word, ids_.data() + first, ids_.size() - first);
  }

  void prefix_alone() { ids_.insert(ids_.end(), model_.prefix_.begin(), model_.prefix_.end()); }

  void byte(uint8_t byte) { ids_.push_back(model_.byte_ids_[byte]); }

 private:
  const SentencepieceIds& model_;
  std::vector<uint32_t>& ids_;
  std::vector<int> pieces_;
  WordCache cache_;
};

void SentencepieceIds::encode(ByteView text, std::vector<uint32_t>& ids, bool add_prefix) const {
  Encoder encoder(*this, ids);
  for (size_t at = 0; at < text.size;) {
    const ByteView rest = text.subview(at, text.size - at);
    const ByteView plain = rest.subview(0, plain_text_length(rest));
    for (size_t begin = 0; begin < plain.size;) {
      const ByteView words = plain.subview(begin, plain.size - begin);
      const size_t length = words_are_separate_ ? spaced_word_length(words.text()) : words.size;
      encoder.word(words.subview(0, length), add_prefix && at + begin == 0);
      begin += length;
    }
    if (plain.size == 0 && at == 0 && add_prefix) encoder.prefix_alone();
    at += plain.size;
    if (at < text.size && plain.size < rest.size) encoder.byte(text[at++]);
  }
}

}  // namespace llmz::hf
