// SPDX-License-Identifier: Apache-2.0
// The tokenizer of a Hugging Face directory, with the ids that the model was trained on: GPT-2's
// and OPT's byte-level BPE (vocab.json and merges.txt, or tokenizer.json), LLaMA's and Mistral's
// sentencepiece model (tokenizer.model); or of a GGUF file.
//
// The names of special tokens mean nothing in a text: <s> is three characters. Every byte string
// has ids, and bytes() of them, joined, gives it back (after the space that add_prefix has put
// there), unless a sentencepiece model removes spaces, which LLaMA's and Mistral's do not. What it
// would normalize by tables stays as it is.
//
// Immutable; any number of threads may use one object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "hf/config.h"
#include "vocabulary/vocabulary.h"

namespace llmz::hf {

class Tokenizer {
 public:
  // Throws Error{kModelBad} or {kIo} saying which files were looked for and what is wrong. Every id
  // is less than config.vocabulary; fewer tokens than that are allowed (padded embeddings).
  static Tokenizer open(const std::string& directory_or_gguf, const Config& config);
  // A tokenizer.model (LLaMA, Mistral) or tokenizer.json (GPT-2, OPT) by path.
  static Tokenizer open_file(const std::string& path, const Config& config);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // Appends the ids of `text` as the original gives them, without special tokens. add_prefix: what
  // LLaMA's adds at the start of a text (a space); GPT-2 has none. Time n log n in the length of
  // the longest word, linear in the rest.
  void encode(ByteView text, std::vector<uint32_t>& ids, bool add_prefix = true) const;
  // What an id stands for; empty for special and unused ones, and beyond size().
  const std::string& bytes(uint32_t id) const;
  uint32_t size() const;  // the largest id, plus 1
  // The special tokens that the original puts before every text (LLaMA: <s>, OPT: </s>, GPT-2:
  // none).
  const std::vector<uint32_t>& added_at_start() const;
  // What separates documents, or begins one: GPT-2 <|endoftext|>, OPT </s>, LLaMA </s>; BOS alike.
  std::optional<uint32_t> bos() const;
  std::optional<uint32_t> eos() const;
  // What makes an llmz::Tokenizer over `vocabulary`, which may lack some of the tokens, choose
  // tokens as this one does.
  std::string segmenter(const Vocabulary& vocabulary) const;

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<Parts> parts);
  static Tokenizer open_gguf(const std::string& path, const Config& config);
  std::unique_ptr<Parts> parts_;
};

}  // namespace llmz::hf
