// SPDX-License-Identifier: Apache-2.0
// The tokenizer of a Hugging Face directory, with the ids that the model was trained on: GPT-2's
// and OPT's byte-level BPE (vocab.json and merges.txt, or tokenizer.json), LLaMA's and Mistral's
// sentencepiece model (tokenizer.model).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "hf/config.h"

namespace llmz::hf {

class Tokenizer {
 public:
  // Throws Error{kModelBad} or {kIo} saying which files were looked for and what is wrong.
  static Tokenizer open(const std::string& directory, const Config& config);
  // A tokenizer.model or tokenizer.json by path.
  static Tokenizer open_file(const std::string& path, const Config& config);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // Appends the ids of `text` as the original gives them, without special tokens. add_prefix: what
  // LLaMA's adds at the start of a text (a space); GPT-2 has none.
  void encode(ByteView text, std::vector<uint32_t>& ids, bool add_prefix = true) const;
  // What an id stands for; empty for special and unused ones.
  const std::string& bytes(uint32_t id) const;
  uint32_t size() const;
  // The special tokens that the original puts before every text (LLaMA: <s>, OPT: </s>, GPT-2:
  // none).
  const std::vector<uint32_t>& added_at_start() const;
  // What separates documents, or begins one: GPT-2 <|endoftext|>, OPT </s>, LLaMA </s>; BOS alike.
  std::optional<uint32_t> bos() const;
  std::optional<uint32_t> eos() const;

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace llmz::hf
