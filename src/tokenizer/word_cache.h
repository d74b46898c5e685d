// SPDX-License-Identifier: Apache-2.0
// Remembers the tokens of short words: text repeats its words, and a look-up costs a fiftieth of a
// segmentation. Bounded: a new word takes the place of an older one with the same slot. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "base/hash.h"

namespace llmz {

class WordCache {
 public:
  static constexpr size_t kMaxWordBytes = 30;
  static constexpr size_t kMaxTokens = 8;

  // The slots are zeroed by the system page by page when they are first touched, so that a short
  // text pays little.
  WordCache() : slots_(static_cast<Slot*>(std::calloc(kSlots, sizeof(Slot)))) {
    if (slots_ == nullptr) throw std::bad_alloc();
  }

  // Appends the tokens of `word` when they are known; says whether they are.
  bool find(ByteView word, std::vector<uint32_t>& tokens) const {
    if (word.size > kMaxWordBytes) return false;
    const Slot& slot = slots_.get()[index(word)];
    if (slot.word_size != word.size || std::memcmp(slot.word, word.data, word.size) != 0) {
      return false;
    }
    tokens.insert(tokens.end(), slot.tokens, slot.tokens + slot.token_count);
    return true;
  }

  // Remembers that `word`, which is not empty, has these tokens.
  void insert(ByteView word, const uint32_t* tokens, size_t token_count) {
    if (word.size > kMaxWordBytes || token_count > kMaxTokens) return;
    Slot& slot = slots_.get()[index(word)];
    slot.word_size = static_cast<uint8_t>(word.size);
    slot.token_count = static_cast<uint8_t>(token_count);
    std::memcpy(slot.word, word.data, word.size);
    std::copy(tokens, tokens + token_count, slot.tokens);
  }

 private:
  struct Slot {  // one cache line; all zero when empty
    uint8_t word_size;
    uint8_t token_count;
    uint8_t word[kMaxWordBytes];
    uint32_t tokens[kMaxTokens];
  };
  static_assert(sizeof(Slot) == 64);
  static constexpr size_t kSlots = size_t{1} << 15;

  static size_t index(ByteView word) { return xxh3_64(word) % kSlots; }

  struct Free {
    void operator()(Slot* slots) const { std::free(slots); }
  };
  std::unique_ptr<Slot, Free> slots_;
};

}  // namespace llmz
