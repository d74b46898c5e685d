// SPDX-License-Identifier: Apache-2.0
// What a frame says about itself. A file is a concatenation of frames; a frame is one independent
// block, and holds all that its decoder must know except the model. Format: docs/format.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/hash.h"
#include "container/format.h"

namespace llmz {

// The settings of the coder that the decoder must repeat.
struct CoderSettings {
  uint8_t lanes = 1;  // 1..255: the most that advance side by side
  bool head_learning = true;
  uint8_t head_rate_code = 0;  // what it means is the head's business; 0 if learning is off
  uint8_t memory_bits = kDefaultMemoryBits;  // of each mix: 2^memory_bits bytes
};

// What a writer is told before the first round.
struct FrameSettings {
  uint64_t model_fingerprint = 0;
  bool needs_model = true;  // false: no round of the frame has a method that does
  CoderSettings coder;
  // Lanes and learning are what the model itself prescribes. Then a frame of one round leaves them
  // out, and its reader takes them from the model.
  bool coder_is_model_default = false;
  std::optional<uint64_t> content_size_bytes;  // nullopt: not known yet, as in a pipe
  // This frame is one of several, and an index of exactly those ends the file: a reader can then
  // tell that whole frames were cut off. Such a frame is not empty.
  bool index_follows = false;
  std::optional<uint32_t> reference_check;  // of the reference, if there is one
};

// A model that a file carries for the frames behind it.
struct CarriedModel {
  uint64_t fingerprint = 0, size_bytes = 0;
  Bytes payload;  // the model file as an LZMA2 stream
};

// What a reader knows before the first round is decoded.
struct FrameHeader {
  FrameKind kind = FrameKind::kRounds;
  uint64_t offset = 0;  // of the frame in the input
  bool needs_model = true;
  uint32_t fingerprint_low = 0;        // low 32 bits of the model's fingerprint; 0 without a model
  std::optional<CoderSettings> coder;  // nullopt: what the model prescribes
  std::optional<uint64_t> content_size_bytes;
  bool index_follows = false;
  std::optional<uint32_t> reference_check;  // of the reference, if there is one
  // Of kSingleWithReference: the model's fingerprint is known by the reference's check alone, of
  // which there are 24 bits.
  bool model_by_reference = false;
  std::shared_ptr<const CarriedModel> carried;  // the last one before the frame, if there is one
  uint64_t carried_bytes = 0;                   // of the model frames directly before it

  uint8_t memory_bits() const {
    return coder ? coder->memory_bits
                 : implied_memory_bits(content_size_bytes.value_or(0), reference_check.has_value());
  }
  bool is_behind(uint32_t reference_check_found) const {
    const uint32_t mask = model_by_reference ? kShortReferenceCheck : ~uint32_t{0};
    return reference_check && (reference_check_found & mask) == *reference_check;
  }
};

struct Round {
  uint64_t number = 0;  // from 0, within the frame
  RoundMethod method = RoundMethod::kStored;
  uint64_t content_size_bytes = 0;
  Bytes payload;
};

// The check of a frame's content, fed in order while compressing or decompressing. The full
// fingerprint (0 for a frame that needs no model) is its seed: a model that only shares the low 32
// bits fails the check.
class ContentCheck {
 public:
  explicit ContentCheck(uint64_t model_fingerprint) : hash_(model_fingerprint) {}
  void update(ByteView content) { hash_.update(content); }
  uint32_t value() const { return static_cast<uint32_t>(hash_.digest()); }

 private:
  Xxh3 hash_;
};

// The check of a round: `chain` starts as the hash of the header's bytes and becomes the hash of
// all up to here, so a round is tied to its header, its place and everything before it. Returns
// the four bytes to store. `sizes` are the round's two size fields as they stand in the file.
inline uint32_t advance_round_check(uint64_t& chain, ByteView sizes, ByteView payload) {
  Xxh3 hash(chain);
  hash.update(sizes);
  hash.update(payload);
  chain = hash.digest();
  return static_cast<uint32_t>(chain);
}

// The bounds that keep hostile sizes from costing memory; both directions.
inline bool round_sizes_possible(RoundMethod method, uint64_t content_size_bytes,
                                 uint64_t payload_size_bytes) {
  if (content_size_bytes == 0 || content_size_bytes > kMaxRoundBytes) return false;
  return method == RoundMethod::kStored
             ? payload_size_bytes == content_size_bytes
             : payload_size_bytes <= max_payload_bytes(content_size_bytes);
}

}  // namespace llmz
