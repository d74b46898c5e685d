// SPDX-License-Identifier: Apache-2.0
// XXH3 (https://xxhash.com), 64 bits: the checksum of everything in llmz.
#pragma once

#include <xxhash.h>

#include <memory>
#include <new>

#include "base/bytes.h"
#include "base/fuzzing.h"

namespace llmz {

inline uint64_t xxh3_64(ByteView bytes, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data, bytes.size, seed);
}

// Whether what was read has another check than the one stored beside it. Everything that is read is
// asked this here, and here alone it is switched off for fuzzing.
inline bool is_damaged(uint64_t found, uint64_t stored) {
  return !checks_are_off && found != stored;
}

// The same hash over bytes that arrive in pieces.
class Xxh3 {
 public:
  // Throws std::bad_alloc.
  explicit Xxh3(uint64_t seed = 0) : state_(XXH3_createState(), &XXH3_freeState) {
    if (!state_) throw std::bad_alloc();
    XXH3_64bits_reset_withSeed(state_.get(), seed);
  }
  void update(ByteView bytes) { XXH3_64bits_update(state_.get(), bytes.data, bytes.size); }
  uint64_t digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

}  // namespace llmz
