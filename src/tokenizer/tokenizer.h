// SPDX-License-Identifier: Apache-2.0
// Bytes to token ids and back.
//
// The law: decode(encode(x)) == x for every byte string x. encode() checks it for every span of
// text with the vocabulary's own table before the span's tokens are given out, so the law does not
// rest on any property of sentencepiece or of a list of merges.
//
// What chooses the tokens is the segmenter: a sentencepiece model, the merges of a byte-level BPE
// (byte_pairs.h), or nothing: then every byte is its own token.
//
// With a sentencepiece model the text is cut into words, and each word is encoded on its own. A
// word is
//   * a run of tabs, carriage returns and line feeds, or
//   * a run of spaces (perhaps none) and the run of other bytes that follows it (perhaps none),
// in both cases at most kMaxWordBytes long; what is longer is cut, between two characters where the
// bytes are UTF-8. sentencepiece, with the options of train/vocabulary.h, learns no piece that
// crosses such a border (a space only begins a piece or fills it; tabs and line ends are pieces of
// their own), so that word by word gives the tokens of whole lines (measured on 44 MB of prose,
// source code and JSON: their number differs by 0.0001 % at most); equal words can be looked up
// instead of encoded again; time is linear; and memory is bounded.
//
// In a word, well-formed UTF-8 goes through sentencepiece's unigram or BPE segmentation (Kudo 2018;
// Kudo and Richardson 2018). Everything that it does not give back exactly is cut in halves until
// the parts are given back or are single characters, which become byte tokens. Ill-formed UTF-8,
// NUL and U+2581 (sentencepiece's own sign for a space) become byte tokens at once.
//
// With merges the words are GPT-2's (gpt2_words.h), cut to kMaxWordBytes as well; every byte has a
// token there, so that what no character begins with needs no other way.
//
// encode() depends on nothing but its argument, but words are cut at the end of the argument: the
// tokens of a text that is given in two parts are the tokens of each part, which may be other
// tokens than those of the whole. Decoding needs the vocabulary only: another release of
// sentencepiece or PCRE2 may choose other tokens, but every choice is decoded to the same bytes.
//
// Immutable after construction; any number of threads may encode and decode with one object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "vocabulary/token_table.h"

namespace llmz {

class Tokenizer {
 public:
  static constexpr size_t kMaxWordBytes = 4096;

  // `segmenter` is a serialized sentencepiece ModelProto, what serialize_merges() writes, or empty.
  // Pieces of a sentencepiece model that `vocabulary` does not have are never given out. Throws
  // Error{kModelBad} when it is none of these.
  Tokenizer(Vocabulary vocabulary, std::string segmenter);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // Appends the tokens of `text`. Needs 2 to 3 MB beside `tokens`, whatever the size of `text`.
  void encode(ByteView text, std::vector<uint32_t>& tokens) const;

  // Appends the bytes of `tokens`. Throws Error{kCorrupt}, and appends nothing, when an id is not
  // in the vocabulary.
  void decode(const std::vector<uint32_t>& tokens, Bytes& text) const;

  const Vocabulary& vocabulary() const;
  const std::string& segmenter() const;
  // What a model file says of them. The cost of a token is 1024 times the negative logarithm of its
  // probability in a unigram model; 1 for each where the segmenter has no probabilities.
  TokenTable table() const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace llmz
