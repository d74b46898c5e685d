// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tokenizer/byte_pairs.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/word_cache.h"
#include "tokenizer/words.h"

namespace llmz {
namespace {

constexpr uint32_t kNoToken = UINT32_MAX;

bool stands_for(const Vocabulary& vocabulary, const uint32_t* token, const uint32_t* end,
                std::string_view text) {
  for (; token != end; ++token) {
    const std::string_view bytes = vocabulary.bytes(*token);
    if (text.substr(0, bytes.size()) != bytes) return false;
    text.remove_prefix(bytes.size());
  }
  return text.empty();
}

void check(const Vocabulary& vocabulary, const std::vector<uint32_t>& tokens, size_t first,
           ByteView text) {
  if (!stands_for(vocabulary, tokens.data() + first, tokens.data() + tokens.size(), text.text())) {
    throw Error(ErrorKind::kInternal, "the tokens of " + std::to_string(text.size) +
                                          " bytes do not stand for them; nothing was lost, but "
                                          "please report this");
  }
}

BytePairs byte_pairs(const Vocabulary& vocabulary, std::string_view serialized) {
  std::array<uint32_t, 256> byte_tokens;
  for (size_t byte = 0; byte < 256; ++byte) {
    byte_tokens[byte] = vocabulary.byte_id(static_cast<uint8_t>(byte));
  }
  return BytePairs(byte_tokens, parse_merges(serialized, vocabulary));
}

}  // namespace

struct Tokenizer::Parts {
  Parts(Vocabulary vocabulary_in, std::string segmenter_in)
      : vocabulary(std::move(vocabulary_in)), segmenter(std::move(segmenter_in)) {
    if (segmenter.empty()) return;
    if (segmenter.compare(0, kMergesMagic.size(), kMergesMagic) == 0) {
      pairs = std::make_unique<BytePairs>(byte_pairs(vocabulary, segmenter));
      return;
    }
    model = std::make_unique<SentencepieceModel>(segmenter);
    token_of_piece.reserve(model->size());
    for (size_t piece = 0; piece < model->size(); ++piece) {
      token_of_piece.push_back(vocabulary.find(model->bytes(piece)).value_or(kNoToken));
    }
  }

  std::vector<uint32_t> costs() const;

  Vocabulary vocabulary;
  std::string segmenter;
  // At most one of them; neither when every byte is its own token.
  std::unique_ptr<BytePairs> pairs;
  std::unique_ptr<SentencepieceModel> model;
  std::vector<uint32_t> token_of_piece;  // kNoToken for those that stand for nothing
};

namespace {

// Encodes words one after the other. Whatever it appends has been compared with the text.
class Encoder {
 public:
  Encoder(const Vocabulary& vocabulary, const SentencepieceModel& model,
          const std::vector<uint32_t>& token_of_piece, std::vector<uint32_t>& tokens)
      : vocabulary_(vocabulary), model_(model), token_of_piece_(token_of_piece), tokens_(tokens) {}

  void word(ByteView word) {
    if (cache_.find(word, tokens_)) return;
    const size_t first = tokens_.size();
    for (size_t at = 0; at < word.size;) {
      const ByteView rest = word.subview(at, word.size - at);
      const size_t length = plain_text_length(rest);
      if (length > 0) plain_text(rest.subview(0, length));
      if (length < rest.size) bytes(rest.subview(length, 1));
      at += std::min(length + 1, rest.size);
    }
    check(vocabulary_, tokens_, first, word);
    cache_.insert(word, tokens_.data() + first, tokens_.size() - first);
  }

 private:
  // Each level of the recursion halves the text, so that the time is at most log2(kMaxWordBytes)
  // times that of one segmentation.
  void plain_text(ByteView text) {
    if (text.size == 1) return bytes(text);  // the same token, without the detour
    if (segmented(text)) return;
    const size_t middle = character_border(text, text.size / 2);
    if (middle == text.size) {
      bytes(text);
    } else {
      plain_text(text.subview(0, middle));
      plain_text(text.subview(middle, text.size - middle));
    }
  }

  // Appends sentencepiece's tokens if they stand for `text`; says whether they do.
  bool segmented(ByteView text) {
    model_.segment(text.text(), pieces_);
    const size_t first = tokens_.size();
    bool known = true;
    for (int piece : pieces_) {
      tokens_.push_back(token_of_piece_[static_cast<size_t>(piece)]);
      known = known && tokens_.back() != kNoToken;
    }
    if (known && appended_stand_for(first, text)) return true;
    tokens_.resize(first);
    return false;
  }

  void bytes(ByteView text) {
    for (uint8_t byte : text) tokens_.push_back(vocabulary_.byte_id(byte));
  }

  // The first border between characters that is after at least one character and not before
  // `wanted`.
  static size_t character_border(ByteView text, size_t wanted) {
    size_t at = utf8_length(text);
    while (at < wanted) at += utf8_length(text.subview(at, text.size - at));
    return at;
  }

  bool appended_stand_for(size_t first, ByteView text) const {
    return stands_for(vocabulary_, tokens_.data() + first, tokens_.data() + tokens_.size(),
                      text.text());
  }

  const Vocabulary& vocabulary_;
  const SentencepieceModel& model_;
  const std::vector<uint32_t>& token_of_piece_;
  std::vector<uint32_t>& tokens_;
  WordCache cache_;
  std::vector<int> pieces_;
};

}  // namespace

Tokenizer::Tokenizer(Vocabulary vocabulary, std::string segmenter)
    : parts_(std::make_unique<Parts>(std::move(vocabulary), std::move(segmenter))) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

void Tokenizer::encode(ByteView text, std::vector<uint32_t>& tokens) const {
  if (parts_->pairs) {
    const size_t first = tokens.size();
    parts_->pairs->encode(text, tokens, kMaxWordBytes);
    check(vocabulary(), tokens, first, text);
    return;
  }
  if (!parts_->model) {
    for (uint8_t byte : text) tokens.push_back(vocabulary().byte_id(byte));
    return;
  }
  Encoder encoder(vocabulary(), *parts_->model, parts_->token_of_piece, tokens);
  for (size_t at = 0; at < text.size;) {
    const ByteView rest = text.subview(at, text.size - at);
    const size_t length = word_length(rest, kMaxWordBytes);
    encoder.word(rest.subview(0, length));
    at += length;
  }
}

void Tokenizer::decode(const std::vector<uint32_t>& tokens, Bytes& text) const {
  size_t size = text.size();
  for (uint32_t token : tokens) {
    if (token >= vocabulary().size()) {
      throw Error(ErrorKind::kCorrupt, "token " + std::to_string(token) + " in a vocabulary of " +
                                           std::to_string(vocabulary().size()));
    }
    size += vocabulary().bytes(token).size();
  }
  text.reserve(size);
  for (uint32_t token : tokens) {
    const std::string_view bytes = vocabulary().bytes(token);
    text.insert(text.end(), bytes.begin(), bytes.end());
  }
}

std::vector<uint32_t> Tokenizer::Parts::costs() const {
  constexpr float kLeastLogarithm = -64;  // scores below are none
  constexpr double kUnit = 1024, kByteMore = 10;
  std::vector<uint32_t> costs(vocabulary.size(), 1);
  if (!model) return costs;
  float least = 0;
  for (size_t piece = 0; piece < model->size(); ++piece) {
    if (model->is_byte(piece) || model->is_empty(piece)) continue;
    const float score = model->score(piece);
    if (!(score >= kLeastLogarithm && score <= 0)) return costs;
    least = std::min(least, score);
  }
  const auto cost = [](double score) {
    return std::max<uint32_t>(1, static_cast<uint32_t>(std::lround(-score * kUnit)));
  };
  costs.assign(costs.size(), cost(double{least} - kByteMore));
  for (size_t piece = 0; piece < model->size(); ++piece) {
    const uint32_t token = token_of_piece[piece];
    if (token != kNoToken && !model->is_byte(piece))
      costs[token] = cost(double{model->score(piece)});
  }
  return costs;
}

const Vocabulary& Tokenizer::vocabulary() const { return parts_->vocabulary; }
const std::string& Tokenizer::segmenter() const { return parts_->segmenter; }

TokenTable Tokenizer::table() const { return {vocabulary(), parts_->costs(), segmenter()}; }

}  // namespace llmz
