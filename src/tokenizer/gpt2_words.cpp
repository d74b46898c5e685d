// SPDX-License-Identifier: Apache-2.0
#include "tokenizer/gpt2_words.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <new>
#include <string>

namespace llmz {
namespace {

// Unicode's property White_Space, which is what \s means in the original. In PCRE2 it is one
// character more (U+180E).
#define SPACES \
  R"(\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"
constexpr char kWord[] = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+)"
                         "| ?[^" SPACES R"(\p{L}\p{N}]+)"
                         "|[" SPACES "]+(?![^" SPACES
                         "])"
                         "|[" SPACES "]+";
#undef SPACES

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

std::unique_ptr<pcre2_code, FreeCode> compiled() {
  int error = 0;
  PCRE2_SIZE offset = 0;
  // Anchored here and not in each match: only so does the just-in-time compiler serve it.
  std::unique_ptr<pcre2_code, FreeCode> code(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(kWord), sizeof(kWord) - 1,
                    PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &error, &offset, nullptr));
  if (!code) {
    throw Error(ErrorKind::kInternal,
                "PCRE2 (error " + std::to_string(error) + ") refuses the expression for words at " +
                    std::to_string(offset) + "; is it built without Unicode support?");
  }
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // where it fails, matching is slower
  return code;
}

const pcre2_code* word_expression() {
  static const std::unique_ptr<pcre2_code, FreeCode> code = compiled();
  return code.get();
}

}  // namespace

Gpt2Words::Gpt2Words() : match_(pcre2_match_data_create(1, nullptr)) {
  if (match_ == nullptr) throw std::bad_alloc();
}
Gpt2Words::~Gpt2Words() { pcre2_match_data_free(match_); }

size_t Gpt2Words::length(ByteView text, size_t at) {
  const int matches =
      pcre2_match(word_expression(), text.data, text.size, at, PCRE2_NO_UTF_CHECK, match_, nullptr);
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match_);
  // The expression has an alternative for every character, so only PCRE2 itself can fail.
  if (matches < 1 || ends[1] <= at) {
    throw Error(ErrorKind::kInternal,
                "PCRE2 finds no word (error " + std::to_string(matches) + ")");
  }
  return ends[1] - at;
}

}  // namespace llmz
